"""GPX 1.0 and 1.1 (topografix.com/GPX/1/1): track points, route points and waypoints that have a time."""

from __future__ import annotations

import io
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geoverify.containers.fixes import error_from_dop, resolution_from_decimals
from geoverify.containers.iso8601 import parse_iso8601
from geoverify.errors import MalformedError
from geoverify.tracklogs.log import LogBuilder, parse_number

_POINTS = frozenset({"trkpt", "rtept", "wpt"})


def parse_gpx(data: bytes, builder: LogBuilder) -> None:
    """Add every point; the standard says that its times are UTC, also without a Z.

    Raises `MalformedError` for XML that is not well-formed or brings a document type.
    """
    try:
        for _, element in iterparse(io.BytesIO(data), events=("end",), forbid_dtd=True):
            if local_name(element) in _POINTS:
                _add_point(element, builder)
                element.clear()
    except (ParseError, DefusedXmlException) as error:
        raise MalformedError(f"not a well-formed GPX file ({type(error).__name__}: {error}); export it again") from error


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _add_point(point: Element, builder: LogBuilder) -> None:
    lat_text, lon_text = point.get("lat", ""), point.get("lon", "")
    lat, lon = parse_number(lat_text), parse_number(lon_text)
    values = {local_name(child): (child.text or "").strip() for child in point}
    if lat is None or lon is None:
        builder.skip("no position on Earth")
        return
    when = None
    if values.get("time"):
        try:
            moment = parse_iso8601(values["time"])
            when = moment.instant_utc
            if when is None and moment.local is not None:
                when = parse_iso8601(f"{values['time']}Z").instant_utc
        except MalformedError:
            when = None
    decimals = min(len(text.partition(".")[2]) for text in (lat_text.strip(), lon_text.strip()))
    builder.add(
        when,
        lat,
        lon,
        alt_m=parse_number(values.get("ele")),
        error_m=error_from_dop(parse_number(values.get("hdop")) or 0.0),
        resolution_m=resolution_from_decimals(decimals),
        fixed=values.get("fix", "") != "none",
    )
