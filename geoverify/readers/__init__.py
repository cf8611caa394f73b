"""Sources of metadata inside a file: every module here with a `READER` is one, found by a sorted walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from geoverify.errors import MalformedError, MissingToolError
from geoverify.interfaces import Reader, load_family
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, Problem

# What these say is that of one copy, of its name and its times, and not of the bytes.
READERS_OF_COPY = frozenset({"filename", "filesystem"})


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, in the order of the module names."""
    return load_family(__name__, "READER")


def read_findings(media: MediaFile, source: ByteSource) -> list[Finding]:
    """Run every reader for this kind of file; what one reader cannot read is its problem and nobody else's."""
    return _run(media, source, lambda _: True)


def read_bytes(media: MediaFile, source: ByteSource) -> list[Finding]:
    """Run the readers whose findings are the same for every copy of the same bytes."""
    return _run(media, source, lambda name: name not in READERS_OF_COPY)


def read_copy(media: MediaFile, source: ByteSource) -> list[Finding]:
    """Run the readers whose findings are those of this copy alone."""
    return _run(media, source, lambda name: name in READERS_OF_COPY)


def _run(media: MediaFile, source: ByteSource, is_wanted: Callable[[str], bool]) -> list[Finding]:
    findings: list[Finding] = []
    for reader in all_readers():
        if media.kind in reader.kinds and is_wanted(reader.name):
            findings.extend(guard(f"readers.{reader.name}", reader.read(media, source)))
    return findings


def guard(where: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Pass findings on; an exception ends them with a `Problem` that names where it happened."""
    try:
        yield from findings
    except MalformedError as error:
        yield Problem(code="malformed", message=str(error), where=where)
    except MissingToolError as error:
        yield Problem(code="missing-tool", message=str(error), where=where)
    except Exception as error:  # a bug in one reader must not cost the file its report
        yield Problem(code="reader-failed", message=f"{type(error).__name__}: {error}", where=where)
