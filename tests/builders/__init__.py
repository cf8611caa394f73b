"""Builders of small media, written byte by byte from the standards."""
