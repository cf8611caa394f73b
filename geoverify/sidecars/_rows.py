"""Tables as text: the delimiter and the encoding told from the file, cells by the names of their columns."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from geoverify.errors import BudgetError, MalformedError

if TYPE_CHECKING:
    from _csv import Reader

MAX_TABLE_BYTES = 64 << 20
MAX_ROWS = 200_000
MAX_CELL_CHARS = 1 << 20
_DELIMITERS = ",;\t|"
Row = dict[str, str]


def read_rows(data: bytes) -> list[Row]:
    """Each row's cells by column, names as `name_column` writes them; cells beyond the header's are left out.

    Commas, semicolons, tabs or bars (RFC 4180 quoting), UTF-8 with or without a byte order mark, or UTF-16 with one. Raises
    `MalformedError` for other bytes, and `BudgetError` beyond the limits above.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise BudgetError(f"{len(data)} bytes are more than a table of media has; split it")
    text = _decode(data)
    # Python's own limit of a cell is one for the whole process, and shorter than long posts.
    limit = csv.field_size_limit(MAX_CELL_CHARS)
    try:
        return _read(csv.reader(io.StringIO(text, newline=""), delimiter=_find_delimiter(text.partition("\n")[0])))
    finally:
        csv.field_size_limit(limit)


def _read(reader: Reader) -> list[Row]:
    rows: list[Row] = []
    try:
        columns = [name_column(name) for name in next(reader, [])]
        for cells in reader:
            if len(rows) >= MAX_ROWS:
                raise BudgetError(f"it has more than {MAX_ROWS} rows; split it")
            # Of two columns with one name the first counts.
            rows.append(dict(zip(reversed(columns[: len(cells)]), reversed(cells[: len(columns)]), strict=True)))
    except csv.Error as error:
        raise MalformedError(f"line {reader.line_num} is no row of a table ({error}); save it as CSV again") from error
    return rows


def read_columns(data: bytes) -> tuple[str, ...]:
    """The names of the columns, from the first line alone; raises as `read_rows` does."""
    head, _, _ = _decode(data[: 1 << 16], errors="ignore").partition("\n")
    try:
        row = next(csv.reader([head.strip("\r")], delimiter=_find_delimiter(head)), [])
    except csv.Error as error:
        raise MalformedError(f"its first line is no header of a table ({error})") from error
    return tuple(name_column(name) for name in row)


def _find_delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def name_column(name: str) -> str:
    """A column's name in lower case with single underscores: `Upload timestamp` becomes `upload_timestamp`."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _decode(data: bytes, errors: str = "strict") -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError as error:
        raise MalformedError(f"byte {error.start} is not UTF-8; save it as “CSV UTF-8” and give it again") from None
