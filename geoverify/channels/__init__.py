"""Kinds of evidence: every module here with a `CHANNEL` is one, found by a sorted walk."""

from __future__ import annotations

from functools import cache

from geoverify.interfaces import Channel, load_family


@cache
def all_channels() -> tuple[Channel, ...]:
    """Every channel, in the order of the module names."""
    return load_family(__name__, "CHANNEL")
