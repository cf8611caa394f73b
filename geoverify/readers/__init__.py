"""Sources of metadata inside a file: every module here with a `READER` is one, found by a sorted walk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from geoverify.errors import MalformedError, MissingToolError
from geoverify.interfaces import Reader, load_family
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, Problem


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, in the order of the module names."""
    return load_family(__name__, "READER")


def read_findings(media: MediaFile, source: ByteSource) -> list[Finding]:
    """Run every reader for this kind of file; what one reader cannot read is its problem and nobody else's."""
    findings: list[Finding] = []
    for reader in all_readers():
        if media.kind in reader.kinds:
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
