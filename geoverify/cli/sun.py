"""`geoverify sun`: where the sun stood over a site, the shadows it cast, and when a shadow in a picture could have been cast."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from geoverify.cli.completion import complete_site
from geoverify.cli.sites import JsonOption, SitesOption
from geoverify.errors import MalformedError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.places import ReferenceSite
    from geoverify.sun import Shadow, Span, SunPosition

SCHEMA_VERSION = "1.0"
EXAMPLES = """
Without an offset in --at, the time is the site's own, where the register gives its zone. With a measured shadow a day will do.

\b
Examples:
  geoverify sun DM01 --sites demo --at "2026-01-17 09:00+07:00"
  geoverify sun DM01 --sites demo --at 2026-01-17 --shadow-bearing 310 --shadow-ratio 1.6
"""
MINUTE = dt.timedelta(minutes=1)
# The sun moves by up to 1.25° in five minutes: a finer error needs finer steps.
COARSE_STEP, COARSE_ERROR_DEG = 5 * MINUTE, 2.0
YEARS = range(1950, 2100)


def sun(
    site: Annotated[str, typer.Argument(help="A site's code.", show_default=False, autocompletion=complete_site)],
    at: Annotated[
        str, typer.Option("--at", help="A time, such as '2026-01-17 09:00+07:00', or with a shadow a day.", show_default=False)
    ],
    sites: SitesOption = None,
    shadow_bearing: Annotated[
        float | None,
        typer.Option(
            "--shadow-bearing", min=0, max=360, help="Where a shadow points, degrees from true north.", show_default=False
        ),
    ] = None,
    shadow_ratio: Annotated[
        float | None,
        typer.Option("--shadow-ratio", min=0.01, max=100, help="A shadow's length over its object's height.", show_default=False),
    ] = None,
    shadow_error: Annotated[
        float | None,
        typer.Option(
            "--shadow-error",
            min=0.5,
            max=45,
            help="Error in degrees of direction and of the sun's height; 5 if not given.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say where the sun stood over a site and what shadows it cast; with a measured shadow, which times and days fit it."""
    from geoverify import geo
    from geoverify.settings import Settings
    from geoverify.sun import Shadow, locate_sun

    place = _find_site(site, sites)
    has_shadow = shadow_bearing is not None or shadow_ratio is not None
    day = _parse_day(at, place) if has_shadow else None
    moment = day or _parse_time(at, place)
    lat_deg, lon_deg = geo.centre(place.footprint)
    shadow = None
    if has_shadow:
        error_deg = shadow_error if shadow_error is not None else Settings().shadow_error_deg
        shadow = Shadow(bearing_deg=shadow_bearing, ratio=shadow_ratio, error_deg=error_deg)
    elif shadow_error is not None:
        raise UsageError("--shadow-error is the error of a shadow: give --shadow-bearing or --shadow-ratio with it")
    answer = _Answer(
        site=place,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        at=moment,
        sun=None if day is not None else locate_sun(lat_deg, lon_deg, moment),
        shadow=shadow,
        spans=_search(lat_deg, lon_deg, moment, [moment.date()], shadow, MINUTE),
        days=_search(lat_deg, lon_deg, moment, _days_of(moment.year), shadow, _year_step(shadow)),
    )
    if as_json:
        typer.echo(json.dumps(_encode(answer), ensure_ascii=True, indent=2))
        return
    for line in _describe(answer):
        typer.echo(escape_controls(line))


sun.__doc__ = f"{sun.__doc__}\n{EXAMPLES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What is told; `sun` is None where only a day is known, of which `at` is the first moment."""

    site: ReferenceSite
    lat_deg: float
    lon_deg: float
    at: dt.datetime
    sun: SunPosition | None
    shadow: Shadow | None
    spans: Sequence[Span]
    days: Sequence[Span]


def _find_site(code: str, sites: Sequence[str] | None) -> ReferenceSite:
    from geoverify.register.load import default_register_path, load_registers, resolve_register

    register = load_registers([resolve_register(name) for name in sites] if sites else [default_register_path()])
    found = next((site for site in register.sites if code == site.code or code in site.former_codes), None)
    if found is None:
        raise UsageError(f"{escape_controls(code)}: no site has this code; geoverify sites list shows all")
    return found


def _parse_day(text: str, site: ReferenceSite) -> dt.datetime | None:
    """The first moment of a day at the site; `None` for what is more than a day."""
    from geoverify.claims.spans import check_day

    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        try:
            check_day(text.strip())
        except MalformedError as error:
            raise UsageError(f"--at {escape_controls(str(error))}; give another") from error
        return None
    return _check_year(dt.datetime.combine(day, dt.time(), _zone_of(site)))


def _check_year(at: dt.datetime | None) -> dt.datetime:
    if at is None or at.year not in YEARS:
        raise UsageError(f"--at: the sun is reckoned from {YEARS[0]} to {YEARS[-1]}; give a time between them")
    return at


def _parse_time(text: str, site: ReferenceSite) -> dt.datetime:
    from geoverify.containers.iso8601 import parse_iso8601

    try:
        moment = parse_iso8601(text)
    except MalformedError as error:
        raise UsageError(f"--at: {error}; write it as 2026-01-17 09:00+07:00") from error
    at = _check_year(moment.local or moment.instant_utc)
    if moment.instant_utc is None:
        return _fix_local(at, _zone_of(site))
    return at if moment.local is None else at.replace(tzinfo=dt.timezone(dt.timedelta(minutes=moment.offset_minutes or 0)))


def _fix_local(at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """A local time in a zone; one that clocks left out is refused, of one that came twice the first is taken and told."""
    first, second = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != at:
        told = "was left out there, since clocks were put forward"
        raise UsageError(f"--at: {at:%Y-%m-%d %H:%M} {told}; add the offset that is meant, as in 09:00+07:00")
    if first.utcoffset() != second.utcoffset():
        told = f"the first is taken ({first:%z}); add the offset for the other ({second:%z})"
        typer.echo(f"--at: {at:%Y-%m-%d %H:%M} came twice there, since clocks were put back: {told}", err=True)
    return first


def _zone_of(site: ReferenceSite) -> dt.tzinfo:
    try:
        return ZoneInfo(site.time_zone or "")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--at: the register gives no zone for {site.code}; add the offset, as in 09:00+07:00") from error


def _days_of(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + dt.timedelta(days=number) for number in range((dt.date(year + 1, 1, 1) - first).days)]


def _year_step(shadow: Shadow | None) -> dt.timedelta:
    return MINUTE if shadow is not None and shadow.error_deg < COARSE_ERROR_DEG else COARSE_STEP


def _search(
    lat_deg: float, lon_deg: float, at: dt.datetime, days: Sequence[dt.date], shadow: Shadow | None, step: dt.timedelta
) -> list[Span]:
    from geoverify.sun import find_spans

    if shadow is None or at.tzinfo is None:
        return []
    return [span for day in days for span in find_spans(lat_deg, lon_deg, day, at.tzinfo, shadow, step)]


def _describe(answer: _Answer) -> Iterator[str]:
    yield f"{answer.site.code} {answer.site.name} at {answer.lat_deg:.6f}, {answer.lon_deg:.6f}"
    if answer.sun is not None:
        yield f"{answer.at:%Y-%m-%d %H:%M:%S %z} ({answer.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC)"
        yield from _describe_sun(answer.sun)
    if answer.shadow is None:
        return
    yield f"times of {answer.at:%Y-%m-%d} that fit {_describe_shadow(answer.shadow)}:"
    yield from [f"  {_describe_span(span)}" for span in answer.spans] or ["  none"]
    yield f"days of {answer.at.year} that fit it, tried every {_year_step(answer.shadow) // MINUTE} min:"
    yield from [f"  {line}" for line in _describe_days(answer.days)] or ["  none"]
    yield "on level ground, with directions from true north; the times carry the error stated, not that of a slope or a lens"


def _describe_sun(sun: SunPosition) -> Iterator[str]:
    yield f"sun: azimuth {sun.azimuth_deg:.1f}°, elevation {sun.elevation_deg:.1f}°"
    if sun.shadow_bearing_deg is None or sun.shadow_ratio is None:
        yield "shadow: none, the sun is down"
    else:
        yield f"shadow: towards {sun.shadow_bearing_deg:.1f}°, {sun.shadow_ratio:.2f} m for each metre of height"


def _describe_shadow(shadow: Shadow) -> str:
    parts = []
    if shadow.bearing_deg is not None:
        parts.append(f"a shadow towards {shadow.bearing_deg:g}°")
    if shadow.ratio is not None:
        parts.append(f"{shadow.ratio:g} m for each metre (sun at {shadow.sun_elevation_deg:.1f}°)")
    return f"{', '.join(parts)}, each ± {shadow.error_deg:g}°"


def _describe_span(span: Span) -> str:
    half_minutes = (span.end - span.start).total_seconds() / 120.0
    return f"{span.start:%H:%M} to {span.end:%H:%M}, best {span.best:%H:%M} (± {half_minutes:.0f} min)"


def _describe_days(days: Sequence[Span]) -> Iterator[str]:
    """Runs of days one after the other, morning and afternoon apart where they are, with the times that fit in any of them."""
    from geoverify.sun import find_runs

    for run in find_runs(days):
        yield _describe_run(run)


def _describe_run(run: Sequence[Span]) -> str:
    first, last = min(span.start.time() for span in run), max(span.end.time() for span in run)
    return f"{run[0].start:%m-%d} to {run[-1].start:%m-%d}, between {first:%H:%M} and {last:%H:%M}"


def _encode(answer: _Answer) -> dict[str, Any]:
    members: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "site_code": answer.site.code,
        "lat_deg": answer.lat_deg,
        "lon_deg": answer.lon_deg,
        "at": answer.at.date().isoformat() if answer.sun is None else answer.at.isoformat(),
    }
    for name in ("azimuth_deg", "elevation_deg", "shadow_bearing_deg", "shadow_ratio"):
        members[name] = None if answer.sun is None else _round(getattr(answer.sun, name))
    if answer.shadow is not None:
        members["shadow_error_deg"] = answer.shadow.error_deg
        members["times"] = [_encode_span(span) for span in answer.spans]
        members["days"] = [_encode_span(span) for span in answer.days]
    return members


def _encode_span(span: Span) -> dict[str, str]:
    return {"start": span.start.isoformat(), "end": span.end.isoformat(), "best": span.best.isoformat()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
