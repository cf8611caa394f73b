"""Logs of a satellite receiver that the analyst gives with the footage: GPX, KML, NMEA and CSV, told apart by their content."""

from __future__ import annotations

import re
from pathlib import Path

from geoverify.errors import MalformedError, UsageError
from geoverify.text import escape_controls
from geoverify.tracklogs.csv_log import parse_csv
from geoverify.tracklogs.gpx import parse_gpx
from geoverify.tracklogs.kml import parse_kml
from geoverify.tracklogs.log import LogBuilder, TrackLog
from geoverify.tracklogs.nmea_log import parse_nmea

MAX_LOG_BYTES = 64 << 20
_HEAD_BYTES = 4096
_ROOT = re.compile(rb"<(?:\w{1,16}:)?(gpx|kml)[\s>]", re.IGNORECASE)
_SENTENCE = re.compile(rb"\$[A-Z]{5},")


def load_track_log(path: Path) -> TrackLog:
    """Read a log from a file; raises `UsageError` where it cannot be opened, is too large, or is no log with times."""
    shown = escape_controls(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LOG_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown}: {error.strerror}; check that the track file exists and that you may read it") from error
    if len(data) > MAX_LOG_BYTES:
        raise UsageError(f"{shown}: larger than {MAX_LOG_BYTES >> 20} MB; cut the track down to the day of the footage")
    try:
        return parse_track_log(data, path.name)
    except MalformedError as error:
        raise UsageError(f"{shown}: {error}") from error


def parse_track_log(data: bytes, name: str) -> TrackLog:
    """Read the bytes of a log in any of the known formats; raises `MalformedError` where nothing in it has place and time."""
    head = data[:_HEAD_BYTES]
    root = _ROOT.search(head)
    if data[:4] == b"PK\x03\x04":
        raise MalformedError("this is a ZIP archive (KMZ?); unpack it and give the .kml inside")
    if root and root[1].lower() == b"gpx":
        form, parse = "GPX", parse_gpx
    elif root:
        form, parse = "KML", parse_kml
    elif _SENTENCE.search(head):
        form, parse = "NMEA", parse_nmea
    else:
        form, parse = "CSV", parse_csv
    builder = LogBuilder()
    parse(data, builder)
    return builder.build(name, form)
