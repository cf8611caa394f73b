"""NMEA 0183 logs: RMC and GGA sentences; a day is taken from the RMC sentences around."""

from __future__ import annotations

import datetime as dt

from geoverify.containers.nmea import read_epochs
from geoverify.tracklogs.log import LogBuilder

_DAY_S = 86_400.0


def parse_nmea(data: bytes, builder: LogBuilder) -> None:
    """Add every epoch; one without a date of its own follows the last dated one within half a day."""
    last: dt.datetime | None = None
    for epoch in read_epochs(data):
        when = epoch.utc
        if when is None and last is not None:
            midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
            when = midnight + dt.timedelta(seconds=epoch.second_of_day)
            if (last - when).total_seconds() > _DAY_S / 2:
                when += dt.timedelta(days=1)
        last = when or last
        builder.add(
            when,
            epoch.lat_deg,
            epoch.lon_deg,
            alt_m=epoch.alt_m,
            error_m=epoch.error_m,
            resolution_m=epoch.resolution_m,
            fixed=epoch.fixed,
        )
