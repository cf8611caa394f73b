"""Small registers and observations for tests of the reasoning."""

import datetime as dt

import numpy as np
import shapely

from geoverify import geo
from geoverify.candidates import CandidateFinder
from geoverify.channels import all_channels
from geoverify.interfaces import Scene
from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    Digest,
    FieldOfView,
    Heading,
    Keyframe,
    North,
    Observation,
    PlaceClaim,
    Position,
    Post,
    Provenance,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Value,
    Who,
)
from geoverify.places import FootprintKind, NamedPart, ReferenceSite, Register, RegisterInfo
from geoverify.register.gazetteer import Gazetteer
from geoverify.results import Evidence, Score, Verdict
from geoverify.score import judge, score_sites
from geoverify.settings import Settings

CENTRE = (10.6, 103.5)
SETTINGS = Settings()


def offset(lat_deg: float, lon_deg: float, east_m: float, north_m: float) -> tuple[float, float]:
    """The point some metres east and north of another."""
    row = geo.unproject_locally(np.array([[east_m, north_m]]), lat_deg, lon_deg)[0]
    return float(row[0]), float(row[1])


def square(lat_deg: float, lon_deg: float, side_m: float) -> shapely.Polygon:
    """A square around a point, as WGS 84."""
    half = side_m / 2
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    rows = geo.unproject_locally(corners, lat_deg, lon_deg)
    return shapely.Polygon(rows[:, ::-1])


def site(code: str, at: tuple[float, float] = CENTRE, side_m: float = 150.0, **fields: object) -> ReferenceSite:
    """A surveyed square, or a point where `footprint_kind` says so."""
    values: dict[str, object] = {
        "footprint": square(*at, side_m),
        "footprint_kind": FootprintKind.SURVEYED,
        "boundary_error_m": 2.0,
        "register_title": "Test register",
        "register_edition": "1",
    } | fields
    if values["footprint_kind"] is FootprintKind.POINT:
        values |= {"footprint": shapely.Point(at[1], at[0])}
    return ReferenceSite(code=code, **values)  # type: ignore[arg-type]


def gate(name: str, at: tuple[float, float]) -> NamedPart:
    """A gate as a point."""
    return NamedPart(name=name, kind="gate", geometry=shapely.Point(at[1], at[0]))


def register(*sites: ReferenceSite, region: shapely.Polygon | None = None) -> Register:
    """A register over a region of about 100 × 100 km around `CENTRE`."""
    info = RegisterInfo(
        title="Test register", edition="1", digest=Digest(algorithm="sha256", hex="00" * 32), site_count=len(sites)
    )
    return Register(infos=(info,), sites=sites, region=region or square(*CENTRE, 100_000.0))


def seen(value: Value, who: Who = Who.DEVICE, field: str = "GPS", reader: str = "exif") -> Observation[Value]:
    """An observation of a value."""
    return Observation(value=value, provenance=Provenance(reader=reader, field=field, raw="raw", who=who))


def fix(
    east_m: float, north_m: float, error_m: float | None = 5.0, who: Who = Who.DEVICE, at: tuple[float, float] = CENTRE
) -> Observation[Value]:
    """A fix some metres from a point."""
    lat_deg, lon_deg = offset(*at, east_m, north_m)
    return seen(Position(lat_deg=lat_deg, lon_deg=lon_deg, horizontal_error_m=error_m), who)


def looking(angle_deg: float, view_deg: float | None = 69.0) -> list[Observation[Value]]:
    """A true heading with a field of view."""
    found = [seen(Heading(angle_deg=angle_deg, north=North.TRUE), field="GPSImgDirection")]
    return found if view_deg is None else [*found, seen(FieldOfView(long_side_deg=view_deg), field="FocalLengthIn35mmFilm")]


def captured(local: dt.datetime, offset_minutes: int | None = None) -> Observation[Value]:
    """A device's capture time."""
    utc = None if offset_minutes is None else (local - dt.timedelta(minutes=offset_minutes)).replace(tzinfo=dt.UTC)
    time = CaptureTime(
        local=local, offset_minutes=offset_minutes, instant_utc=utc, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED
    )
    return seen(time, field="DateTimeOriginal")


def frame(brightness: float, warmth: float | None = None) -> Observation[Value]:
    """A frame so light, and so warm in colour."""
    value = Keyframe(time_s=0.0, sharpness=100.0, brightness=brightness, warmth=warmth)
    return seen(value, field="frame", reader="vision.keyframes")


def gps_time(utc: dt.datetime) -> Observation[Value]:
    """The time of a fix."""
    return seen(CaptureTime(instant_utc=utc, clock=Clock.GPS, meaning=TimeMeaning.FIXED), field="GPSTimeStamp")


def said(text: str, who: Who = Who.UPLOADER, field: str = "description") -> Observation[Value]:
    """Words beside the footage."""
    return seen(TextSnippet(text=text, source=TextSource.CAPTION), who, field, "sidecars.ytdlp")


def put_online(platform: str, channel: str) -> Observation[Value]:
    """A post in a channel."""
    return seen(Post(platform=platform, channel=channel), Who.PLATFORM, "channel", "sidecars.ytdlp")


def claimed(east_m: float, north_m: float, at: tuple[float, float] = CENTRE) -> Observation[Value]:
    """Coordinates that an uploader typed."""
    lat_deg, lon_deg = offset(*at, east_m, north_m)
    position = Position(lat_deg=lat_deg, lon_deg=lon_deg, resolution_m=1.1)
    claim = PlaceClaim(position=position, source=TextSource.CAPTION)
    return seen(claim, Who.UPLOADER, "decimal degrees in description", "words")


def camera() -> Observation[Value]:
    """Something that says nothing of the place."""
    return seen(Camera(make="Example", model="One"), field="Make")


def weigh(
    places: Register, *observations: Observation[Value], settings: Settings = SETTINGS, channel: str | None = None
) -> list[Evidence]:
    """All channels' evidence, or one channel's."""
    return reason(places, *observations, settings=settings, channel=channel)[0]


def reason(
    places: Register, *observations: Observation[Value], settings: Settings = SETTINGS, channel: str | None = None
) -> tuple[list[Evidence], dict[str, Score], float, Verdict]:
    """Evidence, scores by site, posterior of elsewhere, and verdict."""
    finder = CandidateFinder(places, settings)
    mentions = Gazetteer(places).find(observations)
    candidates = finder.find(observations, mentions)
    scene = Scene(
        observations=observations,
        register=places,
        sites=finder.sites,
        region_area_m2=finder.region_area_m2,
        settings=settings,
        mentions=mentions,
    )
    evidence = [item for member in all_channels() if channel in (None, member.name) for item in member.weigh(candidates, scene)]
    scores, elsewhere = score_sites(candidates, evidence, len(places.sites), settings)
    verdict = judge(candidates, evidence, scores, elsewhere, settings)
    return evidence, {score.site_code: score for score in scores}, elsewhere, verdict
