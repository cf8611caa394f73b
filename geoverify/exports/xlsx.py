"""XLSX: a summary, the files, the evidence and the sites, each on a sheet; no cell is ever a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from geoverify.exports._evidence import COLUMNS as EVIDENCE_COLUMNS
from geoverify.exports._evidence import evidence_rows
from geoverify.exports._rows import NAMES, TABLE_OMITS, Cell, cells_of
from geoverify.exports._sites import SITE_COLUMNS, site_cells
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT
from geoverify.results import Judgement, Report, VerdictKind
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# Limits of the format (ECMA-376; Microsoft, "Excel specifications and limits").
MAX_ROWS, MAX_CELL_CHARS = 1_048_576, 32_767
CUT = " … (cut)"
WIDE_CHARS, NARROW_CHARS = 36.0, 14.0
_WIDE = {"file", "wording", "explanation", "evidence", "problems", "next_steps", "judgement", "site_name", "name", "sources"}
# Excel takes text that begins so for a formula or an error.
_SUSPECT = ("=", "+", "-", "@", "#")


class XlsxExporter:
    """Sheets for people: the header row stays in view, every column can be filtered."""

    name = "xlsx"
    suffixes = (".xlsx",)
    is_text = False
    omits = TABLE_OMITS - {"evidence"}

    def start(self, out: BinaryIO, background: Background = NO_BACKGROUND, /) -> Sink:
        """Begin a workbook whose sheets are written to temporary files as reports come."""
        return _XlsxSink(out, background)


EXPORTER = XlsxExporter()


class _XlsxSink:
    def __init__(self, out: BinaryIO, background: Background) -> None:
        from openpyxl import Workbook

        self._out, self._background = out, background
        self._book = Workbook(write_only=True)
        self._summary = _Sheet(self._book, "summary", ("what", "which", "value"))
        self._files = _Sheet(self._book, "files", NAMES)
        self._evidence = _Sheet(self._book, "evidence", EVIDENCE_COLUMNS)
        self._sites = _Sheet(self._book, "sites", tuple(column.name for column in SITE_COLUMNS))
        self._verdicts: Counter[VerdictKind] = Counter()
        self._named: Counter[str] = Counter()
        self._last: Report | None = None
        self._is_saved = False

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        self._files.add(cells_of(report, judgements))
        for row in evidence_rows(report):
            self._evidence.add(row)
        self._verdicts[report.verdict.kind] += 1
        self._named.update(report.verdict.site_codes)
        self._last = report

    def finish(self) -> None:
        for row in self._summarise():
            self._summary.add(row)
        for site in self._background.sites:
            self._sites.add(site_cells(site))
        from openpyxl.writer.excel import ExcelWriter

        # `Workbook.save` leaves its archive open where it is interrupted, which then complains of an output that is closed.
        with ZipFile(self._out, "w", ZIP_DEFLATED) as archive:
            ExcelWriter(self._book, archive).save()
        self._is_saved = True

    def close(self) -> None:
        if self._is_saved:
            return
        # Where saving was interrupted, some sheets are ended already, and their temporary files gone.
        for sheet in self._book.worksheets:
            if not sheet.closed:
                sheet.close()

    def _summarise(self) -> Iterator[Sequence[Cell]]:
        yield "files", "all", self._verdicts.total()
        for kind in VerdictKind:
            yield "files", kind.value, self._verdicts[kind]
        for code, count in sorted(self._named.items()):
            yield "files whose verdict names the site", code, count
        if self._last is not None:
            for info in self._last.registers:
                yield "register", f"{info.title}, edition {info.edition}", f"sha256 {info.digest.hex}"
            yield "geoverify", "version", self._last.versions.geoverify
        yield "caveat", "", CAVEAT


class _Sheet:
    """Rows of one title; where a sheet is full another one goes on."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[str]) -> None:
        self._book, self._title, self._columns = book, title, columns
        self._number = 0
        self._begin()

    def add(self, cells: Iterable[Cell]) -> None:
        """Add a row."""
        if self._row_count == MAX_ROWS:
            self._begin()
        self._sheet.append([self._make(cell) for cell in cells])
        self._row_count += 1
        self._sheet.auto_filter.ref = f"A1:{self._last_column}{self._row_count}"

    def _begin(self) -> None:
        from openpyxl.utils import get_column_letter

        self._number += 1
        self._sheet: Any = self._book.create_sheet(self._title if self._number == 1 else f"{self._title} {self._number}")
        self._last_column = get_column_letter(len(self._columns))
        self._sheet.freeze_panes = "A2"
        for number, name in enumerate(self._columns, start=1):
            width = WIDE_CHARS if name in _WIDE else NARROW_CHARS
            self._sheet.column_dimensions[get_column_letter(number)].width = width
        self._sheet.append(list(self._columns))
        self._sheet.auto_filter.ref = f"A1:{self._last_column}1"
        self._row_count = 1

    def _make(self, cell: Cell) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(cell, str):
            return cell
        # What XML forbids is among what is escaped: controls, surrogates, characters that are none.
        shown = escape_controls(cell)
        if len(shown) > MAX_CELL_CHARS:
            shown = shown[: MAX_CELL_CHARS - len(CUT)] + CUT
        if not shown.lstrip().startswith(_SUSPECT):
            return shown or None
        made = WriteOnlyCell(self._sheet, value=shown)
        made.data_type = "s"
        # It stays text when somebody edits the cell.
        made.quotePrefix = True
        return made
