"""Registers of reference sites: load, validate, import."""
