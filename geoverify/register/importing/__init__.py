"""Other people's files as registers: one module a format, then one way from their columns to records."""
