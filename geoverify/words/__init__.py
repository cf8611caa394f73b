"""Words as evidence of place: one spelling for all forms of a text, and the positions that people write into it."""
