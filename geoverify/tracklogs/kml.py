"""KML 2.2 with Google's extension: `gx:Track`, and placemarks with a time and a point."""

from __future__ import annotations

import datetime as dt
import io
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geoverify.containers.iso8601 import parse_iso8601
from geoverify.errors import MalformedError
from geoverify.tracklogs.gpx import local_name
from geoverify.tracklogs.log import LogBuilder, parse_number


def parse_kml(data: bytes, builder: LogBuilder) -> None:
    """Add every point that has a time of its own; a line without times is counted as left out.

    Raises `MalformedError` for XML that is not well-formed or brings a document type.
    """
    state = _State(builder)
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            name = local_name(element)
            if event == "start":
                state.open(name)
            else:
                state.close(name, (element.text or "").strip())
                element.clear()
    except (ParseError, DefusedXmlException) as error:
        raise MalformedError(f"not a well-formed KML file ({type(error).__name__}: {error}); export it again") from error


class _State:
    """Where in the document the walk is, and what the open track or placemark has said so far."""

    def __init__(self, builder: LogBuilder) -> None:
        self._builder = builder
        self._inside: list[str] = []
        self._whens: list[str] = []
        self._coordinates: list[str] = []

    def open(self, name: str) -> None:
        self._inside.append(name)
        if name in ("Track", "Placemark"):
            self._whens, self._coordinates = [], []

    def close(self, name: str, text: str) -> None:
        self._inside.pop()
        parent = self._inside[-1] if self._inside else ""
        if name == "when" and parent in ("Track", "TimeStamp"):
            self._whens.append(text)
        elif (name == "coord" and parent == "Track") or (name == "coordinates" and parent == "Point"):
            self._coordinates.append(text)
        elif name == "LineString":
            self._builder.skip("a line without times")
        elif name in ("Track", "Placemark"):
            # In a track the nth time belongs to the nth place.
            for when, place in zip(self._whens, self._coordinates, strict=False):
                self._add(when, place)
            self._whens, self._coordinates = [], []

    def _add(self, when: str, place: str) -> None:
        # Longitude first; blanks between the numbers in gx:coord, commas in coordinates.
        numbers = [parse_number(part) for part in place.replace(",", " ").split()[:3]]
        if len(numbers) < 2 or numbers[0] is None or numbers[1] is None:
            self._builder.skip("no position on Earth")
            return
        self._builder.add(_read_time(when), numbers[1], numbers[0], alt_m=numbers[2] if len(numbers) > 2 else None)


def _read_time(text: str) -> dt.datetime | None:
    try:
        return parse_iso8601(text).instant_utc
    except MalformedError:
        return None
