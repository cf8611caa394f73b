"""Pixels: sampled frames and their figures."""
