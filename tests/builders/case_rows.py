"""Rows of facts, and reports with times, for tests of what is said of a case as a whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from builders.reports import EXAMINED_AT
from builders.scenes import SETTINGS, register
from geoverify.case.facts import FactRow, make_row
from geoverify.clocks import Zone
from geoverify.facts import Dated, Edition, Facts
from geoverify.model import Clock, Digest, Findings, MediaFile, MediaKind, Observation, Value
from geoverify.places import ReferenceSite
from geoverify.results import Report, VerdictKind
from geoverify.verify import Reading, make_kit, verify_reading

MORNING = dt.datetime(2026, 1, 17, 2, 0, tzinfo=dt.UTC)


def dated(first: dt.datetime = MORNING, last: dt.datetime | None = None, **changes: Any) -> Dated:
    """A time by a device that states its zone."""
    values: dict[str, Any] = {
        "earliest_utc": first,
        "latest_utc": last or first,
        "local_day": (first + dt.timedelta(hours=7)).date(),
        "clock": Clock.DEVICE,
        "zone": Zone.STATED,
        "shown": f"{first + dt.timedelta(hours=7):%Y-%m-%d %H:%M:%S} +07:00",
    }
    return Dated(**values | changes)


def row(name: str, *codes: str, digest: str | None = None, **changes: Any) -> FactRow:
    """A file: consistent with one site, ambiguous between several, and inconclusive with none."""
    kinds = (VerdictKind.INCONCLUSIVE, VerdictKind.CONSISTENT, VerdictKind.AMBIGUOUS)
    facts = Facts(
        verdict=kinds[min(len(codes), 2)],
        site_codes=codes,
        editions=tuple(Edition(title="Test register", edition="2025") for _ in codes),
        is_footage=True,
        filmed=None,
        is_disputed=False,
        posted=None,
        source=None,
        post=None,
        lat_deg=None,
        lon_deg=None,
        error_radius_m=None,
    )
    return make_row(f"/f/{name}".encode(), digest or f"digest of {name}", msgspec.structs.replace(facts, **changes))


def report_at(*observations: Observation[Value], sites: tuple[ReferenceSite, ...], path: str = "clip.jpg") -> Report:
    """The report of a file with these observations against these sites."""
    digest = Digest(algorithm="sha256", hex="ab" * 32)
    media = MediaFile(path=path, kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=1234, digest=digest)
    reading = Reading(media=media, content=Findings(observations=observations))
    return verify_reading(reading, make_kit(register(*sites), SETTINGS), EXAMINED_AT)
