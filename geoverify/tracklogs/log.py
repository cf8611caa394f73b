"""A receiver's log as readings at absolute times."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left

from msgspec import Struct

from geoverify.containers.fixes import Fix
from geoverify.errors import BudgetError, MalformedError

MAX_POINTS = 1_000_000


class TrackLog(Struct, frozen=True, kw_only=True):
    """Readings in the order of time; each fix's `time_s` is seconds since 1970 (UTC) here, and `notes` says what was left out."""

    name: str
    form: str
    fixes: tuple[Fix, ...]
    notes: tuple[str, ...] = ()

    def index_at(self, time_s: float) -> int:
        """The index of the first reading at or after a time."""
        return bisect_left(self.fixes, time_s, key=lambda fix: fix.time_s)


class LogBuilder:
    """Collects readings and counts what cannot be used, by reason."""

    def __init__(self) -> None:
        self._fixes: dict[float, Fix] = {}
        self._left_out: dict[str, int] = {}

    def add(
        self,
        when: dt.datetime | None,
        lat_deg: float,
        lon_deg: float,
        *,
        alt_m: float | None = None,
        error_m: float | None = None,
        resolution_m: float | None = None,
        fixed: bool = True,
    ) -> None:
        """Take a reading, or count it as left out; the first of several at one time stays."""
        if not fixed:
            self.skip("no satellite fix")
        elif when is None:
            self.skip("no time")
        elif not (math.isfinite(lat_deg) and math.isfinite(lon_deg)) or abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:
            self.skip("no position on Earth")
        elif lat_deg == 0.0 and lon_deg == 0.0:
            self.skip("0/0")
        else:
            if len(self._fixes) >= MAX_POINTS:
                raise BudgetError(f"more than {MAX_POINTS} points; cut the track down to the day of the footage")
            time_s = when.timestamp()
            fix = Fix(
                time_s=time_s,
                lat_deg=lat_deg,
                lon_deg=lon_deg,
                alt_m=alt_m,
                error_m=error_m if error_m is not None and 0.0 < error_m < math.inf else None,
                resolution_m=resolution_m,
                utc=when,
            )
            self._fixes.setdefault(time_s, fix)

    def skip(self, reason: str) -> None:
        """Count a reading that cannot be used."""
        self._left_out[reason] = self._left_out.get(reason, 0) + 1

    def build(self, name: str, form: str) -> TrackLog:
        """The log; raises `MalformedError` where no reading was usable, saying why."""
        notes = tuple(f"{count} points left out: {reason}" for reason, count in self._left_out.items())
        if not self._fixes:
            why = "; ".join(notes) or "it holds no points"
            raise MalformedError(f"no point of this {form} track has both a place and a time with its zone ({why})")
        fixes = tuple(self._fixes[time_s] for time_s in sorted(self._fixes))
        return TrackLog(name=name, form=form, fixes=fixes, notes=notes)


def parse_number(text: str | None) -> float | None:
    """A decimal number with a point or a comma; `None` for anything else."""
    if not text or len(text) > 40:
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
