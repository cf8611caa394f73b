"""Tables that people keep themselves: rows of cells by the names of their columns, with the line that each stands on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from geoverify.errors import UsageError
from geoverify.text import escape_controls

DELIMITERS = (",", ";", "\t", "|")
MAX_BYTES = 64 << 20
MAX_ROWS = 200_000
# What Excel asks to be told by, before the columns.
_SEPARATOR_LINE = re.compile(r'\A\s*"?sep=([,;\t|])"?[,;\t| ]*(?=[\r\n])', re.IGNORECASE)
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")


class Row(Struct, frozen=True, kw_only=True):
    """One row: its line in the file and its cells that are not empty, by the folded name of the column.

    `problem` is why the cells may stand under the wrong columns.
    """

    line: int
    cells: Mapping[str, str]
    problem: str | None = None


class Table(Struct, frozen=True, kw_only=True):
    """The columns as they are written, and the rows."""

    shown: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def fold_column(name: str) -> str:
    """A column's name in the form in which it is looked up."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def read_table(path: Path) -> Table:
    """Read comma-, semicolon-, tab- or bar-separated text; raises `UsageError` for what is none and for two columns of a name."""
    shown = escape_controls(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror}); check the name") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{shown}: over {MAX_BYTES >> 20} MiB; split the table")
    text = _decode(data)
    if "\0" in text or not text.strip():
        raise UsageError(f"{shown}: no table; save it as CSV in UTF-8")
    # Left empty, so that the lines keep their numbers.
    named = _SEPARATOR_LINE.match(text)
    text = _SEPARATOR_LINE.sub("", text, count=1)
    header = next((line for line in text.splitlines() if line.strip()), "")
    if not header:
        raise UsageError(f"{shown}: no table; save it as CSV in UTF-8")
    delimiter = named[1] if named is not None else max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise UsageError(f"{shown}: cannot be read as a table ({error}); save it again as CSV") from error
    if len(lines) > MAX_ROWS:
        raise UsageError(f"{shown}: more than {MAX_ROWS:,} rows; split the table")
    columns = [cell.strip() for cell in lines[0][1]]
    return Table(shown=shown, columns=tuple(columns), rows=tuple(_read_rows(shown, columns, lines[1:])))


def _decode(data: bytes) -> str:
    for encoding in _ENCODINGS if data.startswith((b"\xff\xfe", b"\xfe\xff")) else (_ENCODINGS[0], _ENCODINGS[2]):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _read_rows(shown: str, columns: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> list[Row]:
    names = [fold_column(name) for name in columns]
    doubled = {name for name in names if name and names.count(name) > 1}
    if doubled:
        raise UsageError(f"{shown}: two columns {escape_controls(sorted(doubled)[0])}; keep one")
    rows = []
    for line, cells in lines:
        problem = "more cells than columns; put cells with the delimiter in quotes" if len(cells) > len(names) else None
        found = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
        rows.append(Row(line=line, cells=found, problem=problem))
    return rows
