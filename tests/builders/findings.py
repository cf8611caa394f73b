"""Readers run on bytes, and their findings sorted for a test."""

from __future__ import annotations

from typing import TypeVar

from geoverify.interfaces import Reader
from geoverify.media import MemorySource, sniff_type
from geoverify.model import Absent, Finding, MediaFile, Observation, Problem, Who

V = TypeVar("V")


def read_bytes(reader: Reader, data: bytes) -> list[Finding]:
    """What a reader finds in a file of these bytes."""
    kind, media_type = sniff_type(data[:4096])
    media = MediaFile(path="clip", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    return list(reader.read(media, MemorySource(data)))


def observed(findings: list[Finding], kind: type[V]) -> list[tuple[V, str, Who]]:
    """The values of one type with their fields and writers."""
    return [
        (item.value, item.provenance.field, item.provenance.who)
        for item in findings
        if isinstance(item, Observation) and isinstance(item.value, kind)
    ]


def absent(findings: list[Finding], what: str) -> list[Absent]:
    """The absences of one kind of value."""
    return [item for item in findings if isinstance(item, Absent) and item.what == what]


def problems(findings: list[Finding]) -> list[Problem]:
    """The problems alone."""
    return [item for item in findings if isinstance(item, Problem)]
