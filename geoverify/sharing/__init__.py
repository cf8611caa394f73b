"""Copies fit to pass on: a report reduced to what an allow-list names (docs/exports.md, "Copies to pass on")."""
