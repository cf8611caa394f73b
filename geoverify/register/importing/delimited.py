"""Comma-, semicolon-, tab- and bar-separated text, in the encodings that spreadsheets write."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

from geoverify.errors import RegisterError
from geoverify.register.importing.table import MAX_COLUMNS, MAX_ROWS, Row, Table

DELIMITERS = (",", ";", "\t", "|")
# Outlines as WKT are longer than the 128 KiB that the csv module allows.
MAX_CELL_CHARS = 8 << 20
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_delimited(data: bytes, shown: str) -> Table:
    """Read rows without geometry, every cell as text, empty cells left out; raises `RegisterError`."""
    text, notes = _decode(data)
    if "\0" in text:
        raise RegisterError(f"{shown}: neither text nor any map format that can be imported; export it as GeoJSON, KML or CSV")
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header_line.count)
    if not header_line.count(delimiter):
        raise RegisterError(f"{shown}: no table: its first line has no comma, semicolon, tab or bar between column names")
    previous = csv.field_size_limit(MAX_CELL_CHARS)
    try:
        rows = list(_read_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), shown))
    except csv.Error as error:
        raise RegisterError(f"{shown}: cannot be read as a table ({error}); save it again as CSV") from error
    finally:
        csv.field_size_limit(previous)
    return Table(rows=rows, notes=notes, has_geometry=False)


def _decode(data: bytes) -> tuple[str, list[str]]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, "replace"), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        note = "the text is not UTF-8 and was read as Windows-1252: look whether names came out right, or save it as UTF-8"
        return data.decode("cp1252", "replace"), [note]


def _read_rows(lines: Iterator[list[str]], shown: str) -> Iterator[Row]:
    columns: list[str] | None = None
    count = 0
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _name_columns(cells, shown)
            continue
        count += 1
        if count > MAX_ROWS:
            raise RegisterError(f"{shown}: more than {MAX_ROWS:,} rows; split it")
        names = (
            columns if len(cells) <= len(columns) else [*columns, *(f"column {i + 1}" for i in range(len(columns), len(cells)))]
        )
        attributes = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
        yield Row(where=f"row {count}", geometry=None, attributes=attributes)


def _name_columns(cells: Sequence[str], shown: str) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        raise RegisterError(f"{shown}: more than {MAX_COLUMNS:,} columns; this is no register")
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return names
