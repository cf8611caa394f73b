"""KML 2.3 (OGC 12-007r2) as reports come: a folder for each verdict, and folders of tracks, views and sites."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from shutil import copyfileobj
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator

import shapely
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.exports._rows import Cell, shown_cells
from geoverify.exports._shapes import circle, tracks_of, wedges_of
from geoverify.exports._sites import SITE_COLUMNS, site_cells
from geoverify.facts import filming_of
from geoverify.model import VideoInfo
from geoverify.places import ReferenceSite
from geoverify.report import CAVEAT
from geoverify.results import Judgement, Report, VerdictKind
from geoverify.text import escape_controls

NAMESPACE = "http://www.opengis.net/kml/2.2"
# So much of each folder waits in memory, the rest in a temporary file.
SPOOLED_BYTES = 1 << 20
# A globe still turns smoothly with so many outlines; of 100,000 sites the file would have 100 MB.
MAX_SITES = 5000
# Opacity, blue, green, red. Colours that are told apart by most people (Okabe & Ito 2008); words say the same.
COLOURS = {
    VerdictKind.CONSISTENT: "ff739e00",
    VerdictKind.AMBIGUOUS: "ff009fe6",
    VerdictKind.INCONCLUSIVE: "ff999999",
    VerdictKind.INCONSISTENT: "ffb27200",
    VerdictKind.CONTRADICTORY: "ff005ed5",
}
_SITE_COLOUR = "ffa779cc"
# What a balloon tells; everything else is in the placemark's data.
_TOLD = ("wording", "judgement", "judged_by", "error_radius_m", "captured", "registers", "caveat")


class KmlWriter:
    """Collects folders and writes them as one document in the end."""

    def __init__(self) -> None:
        self._verdicts = {kind: _Folder(f"{kind.value} (verdict)") for kind in VerdictKind}
        self._tracks = _Folder("tracks", is_visible=False)
        self._views = _Folder("view wedges", is_visible=False)
        self._sites = _Folder("sites of the register")
        self._weighed: set[str] = set()
        self._folders = (*self._verdicts.values(), self._tracks, self._views, self._sites)

    def add(self, report: Report, judgements: Sequence[Judgement] = (), picture: str | None = None) -> None:
        """Add a file to the folder of its verdict; `picture` is a path inside the archive."""
        cells = shown_cells(report, judgements)
        kind, place = report.verdict.kind, report.location
        self._weighed.update(score.site_code for score in report.scores)
        shapes: list[BaseGeometry] = []
        if place is not None:
            shapes = [geo.point(place.lat_deg, geo.wrap_lon_deg(place.lon_deg))]
            shapes.append(circle(place.lat_deg, place.lon_deg, place.error_radius_m))
        name = str(cells["file"])
        self._verdicts[kind].add(
            name, _describe(cells, picture), f"#{kind.value}", shapes, cells, times=_span(report), is_located=place is not None
        )
        for track in tracks_of(report):
            told = f"{track.point_count} points, read by {track.reader}"
            self._tracks.add(name, escape(told), f"#{kind.value}", [track.shape], {})
        for wedge in wedges_of(report):
            assumed = " (assumed)" if wedge.is_width_assumed else ""
            told = f"the camera points to {wedge.angle_deg:.0f}° ({wedge.north} north), {wedge.width_deg:.0f}° wide{assumed}"
            self._views.add(name, escape(told), f"#{kind.value}", [wedge.shape], {})

    def write(self, out: BinaryIO, sites: Sequence[ReferenceSite]) -> None:
        """Write the document; of more sites than `MAX_SITES` those that files were weighed against."""
        if len(sites) > MAX_SITES:
            self._sites.name = f"sites that files were weighed against, of {len(sites)} of the register"
            sites = [site for site in sites if site.code in self._weighed]
        for site in sites:
            cells = dict(zip((column.name for column in SITE_COLUMNS), site_cells(site), strict=True))
            told = f"{cells['name']}: {cells['footprint_kind']}, ± {site.boundary_error_m:g} m"
            self._sites.add(f"{site.code}", escape(told), "#site", [site.footprint], cells)
        xml = XMLGenerator(out, "utf-8", short_empty_elements=True)
        xml.startDocument()
        with _element(xml, "kml", xmlns=NAMESPACE), _element(xml, "Document"):
            _text(xml, "name", "geoverify")
            _text(xml, "open", "1")
            _text(xml, "description", escape(CAVEAT))
            for kind, colour in COLOURS.items():
                _write_style(xml, kind.value, colour)
            _write_style(xml, "site", _SITE_COLOUR)
            for folder in self._folders:
                folder.write(xml, out)
        xml.endDocument()

    def close(self) -> None:
        """Let go of the temporary files."""
        for folder in self._folders:
            folder.close()


class _Folder:
    """Placemarks that wait for the end."""

    def __init__(self, name: str, *, is_visible: bool = True) -> None:
        self.name, self._is_visible = name, is_visible
        self._spool = tempfile.SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115 - it is read in the end
        self._xml = XMLGenerator(self._spool, "utf-8", short_empty_elements=True)
        self._count = 0

    def add(
        self,
        name: str,
        description: str,
        style: str,
        shapes: Sequence[BaseGeometry],
        cells: Mapping[str, Cell],
        *,
        times: tuple[str, str] | None = None,
        is_located: bool = True,
    ) -> None:
        """Write a placemark; its elements are in the order of the schema."""
        xml = self._xml
        self._count += 1
        with _element(xml, "Placemark"):
            _text(xml, "name", name if is_located else f"{name} (no position)")
            if not self._is_visible:
                _text(xml, "visibility", "0")
            _text(xml, "description", description)
            if times is not None and times[0] != times[1]:
                with _element(xml, "TimeSpan"):
                    _text(xml, "begin", times[0])
                    _text(xml, "end", times[1])
            elif times is not None:
                with _element(xml, "TimeStamp"):
                    _text(xml, "when", times[0])
            _text(xml, "styleUrl", style)
            if cells:
                with _element(xml, "ExtendedData"):
                    for key, cell in cells.items():
                        if cell is not None and cell != "":
                            with _element(xml, "Data", name=key):
                                _text(xml, "value", str(cell))
            parts = [part for shape in shapes for part in shapely.get_parts(shape).tolist()]
            if len(parts) == 1:
                _write_shape(xml, parts[0])
            elif parts:
                with _element(xml, "MultiGeometry"):
                    for part in parts:
                        _write_shape(xml, part)

    def write(self, xml: XMLGenerator, out: BinaryIO) -> None:
        """Write the folder into a document."""
        with _element(xml, "Folder"):
            _text(xml, "name", f"{self.name}: {self._count}")
            self._spool.seek(0)
            copyfileobj(self._spool, out)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._spool.close()


@contextmanager
def _element(xml: XMLGenerator, tag: str, **attributes: str) -> Iterator[None]:
    xml.startElement(tag, attributes)  # type: ignore[arg-type]  # any mapping will do
    yield
    xml.endElement(tag)


def _text(xml: XMLGenerator, tag: str, text: str) -> None:
    with _element(xml, tag):
        xml.characters(escape_controls(text))


def _describe(cells: Mapping[str, Cell], picture: str | None) -> str:
    """The balloon's HTML: Google Earth renders it, so everything from files is escaped once for it, and once more as XML."""
    image = f'<img src="{picture}" width="320"/>' if picture else ""
    told = (f"<b>{name.replace('_', ' ')}</b>: {_harmless(str(cells[name]))}" for name in _TOLD if cells[name] not in (None, ""))
    return image + "<br/>".join(told)


def _harmless(text: str) -> str:
    # "$[name]" would be replaced by the value of another element.
    return escape(text).replace("$[", "$&#91;")


def _span(report: Report) -> tuple[str, str] | None:
    """The UTC instants between which the footage was filmed, from its beginning to its end."""
    filmed = filming_of(report)
    if filmed is None:
        return None
    lengths = (item.value.duration_s for item in report.observations if isinstance(item.value, VideoInfo))
    length_s = next((length for length in lengths if length), 0.0)
    try:
        end = filmed.latest_utc + dt.timedelta(seconds=length_s)
    except OverflowError:
        end = filmed.latest_utc
    return _moment(filmed.earliest_utc), _moment(end)


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _write_style(xml: XMLGenerator, name: str, colour: str) -> None:
    with _element(xml, "Style", id=name):
        with _element(xml, "IconStyle"):
            _text(xml, "color", colour)
        with _element(xml, "LineStyle"):
            _text(xml, "color", colour)
            _text(xml, "width", "2")
        with _element(xml, "PolyStyle"):
            _text(xml, "color", f"40{colour[2:]}")
        with _element(xml, "BalloonStyle"):
            # Without this the name, which a file may choose, would be rendered as HTML.
            _text(xml, "text", "$[description]")


def _write_shape(xml: XMLGenerator, shape: BaseGeometry) -> None:
    if isinstance(shape, shapely.Polygon):
        with _element(xml, "Polygon"):
            for tag, rings in (("outerBoundaryIs", [shape.exterior]), ("innerBoundaryIs", shape.interiors)):
                for ring in rings:
                    with _element(xml, tag), _element(xml, "LinearRing"):
                        _write_coordinates(xml, ring)
        return
    with _element(xml, shape.geom_type):
        _write_coordinates(xml, shape)


def _write_coordinates(xml: XMLGenerator, shape: BaseGeometry) -> None:
    _text(xml, "coordinates", " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in shapely.get_coordinates(shape).tolist()))
