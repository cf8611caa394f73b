"""One reading of a satellite receiver, as every telemetry format gives it."""

from __future__ import annotations

import datetime as dt
import math

from msgspec import Struct

# Metres of horizontal error (68 %) for each unit of dilution of precision: van Diggelen & Enge 2015 measured 4.9 m under open
# sky, where the dilution is close to 1.
ERROR_PER_DOP_M = 4.9
# Receivers write 99.99 (or 99.0, 50.0) where they computed none.
MAX_DOP = 50.0


class Fix(Struct, frozen=True, kw_only=True):
    """A reading; `fixed` is false where the receiver says, or its numbers show, that it had no satellite fix.

    Angles are the source's own numbers and are not checked here; `utc` is aware; `error_m` is a 68 % radius.
    """

    time_s: float
    lat_deg: float
    lon_deg: float
    fixed: bool = True
    alt_m: float | None = None
    error_m: float | None = None
    resolution_m: float | None = None
    utc: dt.datetime | None = None


# GPS time minus UTC from each date on (IERS Bulletin C); receivers with telemetry in video are younger than 2006.
_LEAP_SECONDS = (
    (dt.datetime(2017, 1, 1, tzinfo=dt.UTC), 18),
    (dt.datetime(2015, 7, 1, tzinfo=dt.UTC), 17),
    (dt.datetime(2012, 7, 1, tzinfo=dt.UTC), 16),
    (dt.datetime(2009, 1, 1, tzinfo=dt.UTC), 15),
)
_GPS_EPOCH = dt.datetime(1980, 1, 6, tzinfo=dt.UTC)
_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def error_from_dop(dop: float) -> float | None:
    """Turn a dilution of precision into a horizontal error in metres; `None` where none was computed."""
    return dop * ERROR_PER_DOP_M if 0.0 < dop < MAX_DOP else None


def resolution_from_decimals(decimals: int) -> float:
    """The step in metres of degrees that are written with so many decimals (a degree of latitude is 111.2 km)."""
    return 111_195.0 / 10.0 ** min(decimals, 12)


def utc_from_parts(year: int, month: int, day: int, hour: int, minute: int, second: float) -> dt.datetime | None:
    """An aware time from the fields of a UTC clock; `None` where they are no date."""
    if not math.isfinite(second) or not 0 <= second < 61:
        return None
    try:
        whole = dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)
        return whole + dt.timedelta(seconds=second)
    except (ValueError, OverflowError):
        return None


def utc_from_unix(seconds: float) -> dt.datetime | None:
    """An aware time from seconds since 1970; `None` outside the years that a date can have."""
    return _add_seconds(_UNIX_EPOCH, seconds)


def utc_from_gps(seconds: float) -> dt.datetime | None:
    """An aware UTC time from seconds since the GPS epoch (IS-GPS-200), which has no leap seconds."""
    ahead = _add_seconds(_GPS_EPOCH, seconds)
    if ahead is None:
        return None
    leap_s = next((leap_s for since, leap_s in _LEAP_SECONDS if ahead >= since), 14)
    return ahead - dt.timedelta(seconds=leap_s)


def _add_seconds(epoch: dt.datetime, seconds: float) -> dt.datetime | None:
    try:
        return epoch + dt.timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
