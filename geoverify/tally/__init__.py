"""A case as a whole: what is counted, of independent footage, and the sentences that say it."""
