"""The positions that people wrote into words, as claims by those people: never a fix, whatever its notation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from geoverify.model import Absent, Finding, Observation, PlaceClaim, Provenance, Reason, TextSnippet
from geoverify.text import MAX_TEXT_CHARS
from geoverify.words.coordinates import Found, find_coordinates, tidy
from geoverify.words.grids import find_grid_cells
from geoverify.words.links import find_links, find_unresolved

READER = "words"
# A text with more positions than this is a list of places and no word on where this footage was shot.
MAX_CLAIMS = 16


def claim_positions(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a `PlaceClaim` for each position in the words among findings, by whoever wrote them.

    What leads to a position only through a server (what3words, short links) is an `Absent`.
    """
    for item in findings:
        if isinstance(item, Observation) and isinstance(item.value, TextSnippet):
            yield from _read_snippet(item.value, item.provenance)


def find_positions(text: str, lang: str | None = None) -> Iterator[Found]:
    """Yield each position in a text, in every notation that is read; `text` need not be tidied."""
    plain = tidy(text)
    taken: list[str] = []
    for found in (*find_links(plain), *find_grid_cells(plain)):
        taken.append(found.raw)
        yield found
    # A link's digits are its own, in an order of its own.
    for raw in taken:
        plain = plain.replace(raw, " ; ")
    yield from find_coordinates(re.sub(r"https?://\S{1,2000}", " ; ", plain), lang)


def _read_snippet(snippet: TextSnippet, source: Provenance) -> Iterator[Finding]:
    for found in islice(find_positions(snippet.text, snippet.lang), MAX_CLAIMS):
        provenance = replace(source, reader=READER, field=f"{found.notation} in {source.field}", raw=found.raw[:MAX_TEXT_CHARS])
        yield Observation(value=PlaceClaim(position=found.position, source=snippet.source), provenance=provenance)
    for address in find_unresolved(snippet.text)[:MAX_CLAIMS]:
        detail = f"{address} in {source.field} leads to a place only through its maker's server; look it up by hand"
        yield Absent(what="position", reason=Reason.UNSUPPORTED, detail=detail, reader=READER)
