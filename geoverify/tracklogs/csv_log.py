"""CSV logs: a header names latitude, longitude and time; times state their zone or count from 1970."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

from geoverify.containers.fixes import error_from_dop, resolution_from_decimals, utc_from_unix
from geoverify.containers.iso8601 import parse_iso8601
from geoverify.errors import MalformedError
from geoverify.tracklogs.log import LogBuilder, parse_number

MAX_FIELD_CHARS = 10_000
_DELIMITERS = (",", ";", "\t", "|")
# Names as loggers write them, in small letters without blanks, underscores and units.
_LATITUDES = ("latitude", "lat", "gpslatitude", "locationlatitude")
_LONGITUDES = ("longitude", "lon", "lng", "long", "gpslongitude", "locationlongitude")
_TIMES = ("timestamp", "time", "datetime", "utc", "utctime", "gpstime", "isotime", "date", "timeutc", "datetimeutc")
_ALTITUDES = ("altitude", "alt", "ele", "elevation", "height")
_ACCURACIES = ("accuracy", "horizontalaccuracy", "hacc", "haccuracy", "errorm")
_DILUTIONS = ("hdop", "dop")
_EPOCH = re.compile(r"\d{9,10}(\.\d{1,9})?|\d{12,13}")


def parse_csv(data: bytes, builder: LogBuilder) -> None:
    """Add every row; raises `MalformedError` where the first line names no latitude, longitude and time.

    A time without a zone is left out and counted: nothing says which clock it was.
    """
    if b"\0" in data:
        raise MalformedError("this is neither GPX, KML, NMEA nor a CSV text file")
    text = data.decode("utf-8-sig", "backslashreplace")
    first_line = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    csv.field_size_limit(MAX_FIELD_CHARS)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = [re.sub(r"[\s_\-]|\(.*?\)|\[.*?\]", "", name).lower() for name in next(rows, [])]
        columns = _Columns(header)
        for row in rows:
            if row:
                columns.add(row, builder)
    except csv.Error as error:
        raise MalformedError(f"line {rows.line_num} is no CSV ({error}); export it again") from error


class _Columns:
    """Which column holds what."""

    def __init__(self, header: list[str]) -> None:
        self._lat = _find(header, _LATITUDES)
        self._lon = _find(header, _LONGITUDES)
        self._time = _find(header, _TIMES)
        # “date” and “time” apart make one time together.
        self._date = header.index("date") if "date" in header and "time" in header else -1
        if "date" in header and "time" in header:
            self._time = header.index("time")
        self._alt = _find(header, _ALTITUDES)
        self._accuracy = _find(header, _ACCURACIES)
        self._dilution = _find(header, _DILUTIONS)
        missing = [name for name, at in (("latitude", self._lat), ("longitude", self._lon), ("time", self._time)) if at < 0]
        if missing:
            raise MalformedError(f"the first line names no {' and no '.join(missing)} column; add a header line with these names")

    def add(self, row: list[str], builder: LogBuilder) -> None:
        lat_text, lon_text = _cell(row, self._lat), _cell(row, self._lon)
        lat, lon = parse_number(lat_text), parse_number(lon_text)
        if lat is None or lon is None:
            builder.skip("no position on Earth")
            return
        time = f"{_cell(row, self._date)} {_cell(row, self._time)}".strip()
        when = _read_time(time)
        if when is None and time:
            builder.skip("a time that does not state its zone (add Z or +HH:MM)")
            return
        decimals = min(len(re.split("[.,]", value)[-1]) if re.search("[.,]", value) else 0 for value in (lat_text, lon_text))
        accuracy = parse_number(_cell(row, self._accuracy))
        dilution = parse_number(_cell(row, self._dilution))
        builder.add(
            when,
            lat,
            lon,
            alt_m=parse_number(_cell(row, self._alt)),
            error_m=accuracy if accuracy is not None else error_from_dop(dilution or 0.0),
            resolution_m=resolution_from_decimals(decimals),
        )


def _find(header: list[str], names: tuple[str, ...]) -> int:
    return next((header.index(name) for name in names if name in header), -1)


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if 0 <= at < len(row) else ""


def _read_time(text: str) -> dt.datetime | None:
    if _EPOCH.fullmatch(text):
        return utc_from_unix(float(text) / (1000.0 if len(text) >= 12 and "." not in text else 1.0))
    try:
        return parse_iso8601(text).instant_utc
    except MalformedError:
        return None
