"""Results that are no reports as whole files: rows that no spreadsheet runs, JSON that is safe to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from geoverify.text import escape_json

if TYPE_CHECKING:
    from geoverify.exports._rows import Cell


def encode_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """RFC 4180 in UTF-8 with a header row; text cells are on one line and begin with no formula sign."""
    from geoverify.exports._table import neutralise

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([neutralise(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def encode_json(value: Any) -> bytes:
    """Indented JSON of a struct in which invisible characters are escapes."""
    import msgspec

    lines = msgspec.json.format(msgspec.json.encode(value), indent=2).splitlines()
    return b"\n".join(map(escape_json, lines)) + b"\n"
