"""A report that is full of secrets, each a word that stands nowhere else, for tests of what a shared copy holds."""

import datetime as dt

import msgspec
from msgspec.structs import replace

from builders.reports import EXAMINED_AT
from builders.scenes import CENTRE, SETTINGS, looking, offset, register, site
from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    Clock,
    Credential,
    Digest,
    EncodingTrace,
    FileNaming,
    Findings,
    MediaFile,
    MediaKind,
    Observation,
    OriginKind,
    PlaceClaim,
    Position,
    Post,
    Problem,
    Provenance,
    Reason,
    SignatureState,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    TraceKind,
    Track,
    TrackPoint,
    Value,
    VideoInfo,
    VisualMatch,
    Who,
)
from geoverify.places import ReferenceSite, RegisterInfo, SiteName
from geoverify.results import Judgement, Report, SidecarUse
from geoverify.verify import Reading, make_kit, verify_reading

SITE = replace(site("SEAL01"), names=(SiteName(text="Golden Harbour Park"),), sensitivity="public")
# 20 km off, in no footprint: where the filmer sleeps.
SAFE_HOUSE = offset(*CENTRE, 20_000.0, 3_000.0)
SAFE_HOUSE_WORDS = tuple(str(degrees)[:7] for degrees in SAFE_HOUSE)
CAMERA_AT = offset(*CENTRE, 21.0, -13.0)
CAMERA_AT_WORDS = tuple(str(degrees)[:10] for degrees in CAMERA_AT)
SECRETS = (
    *("zqpath", "zqname", "zqserial", "zqowner", "zquploader", "zqaccount", "zqchannel", "zqforward", "zqurl", "zqpost", "zqraw"),
    *(
        "zqfield",
        "zqcaption",
        "85512345678",
        "zqsoftware",
        "zqtrace",
        "zqsigner",
        "zqdetail",
        "zqproblem",
        "zqabsent",
        "zqsidecar",
    ),
    *(
        "zqregisterpath",
        "zqplace",
        "zqplatform",
        "zqwriter",
        "zqjudgement",
        "zqanalyst",
        "zqapp",
        "zqgenerator",
        "zqorigin",
        "zqsidecar",
    ),
    # Times of day: when something was filmed or posted to the second leads to who was there.
    *("13:57:41", "22:46:09"),
)


def seeded(value: Value, field: str = "zqfield", who: Who = Who.UPLOADER) -> Observation[Value]:
    provenance = Provenance(reader="sidecars.ytdlp", field=field, raw="zqraw 85512345678", who=who, file="zqsidecar.json")
    return Observation(value=value, provenance=provenance)


def seeded_report(*, at: tuple[float, float] = CAMERA_AT, path: str = "/home/zqpath/zqname 85512345678.mp4") -> Report:
    """A file shot inside the public site, or elsewhere, whose every free text is a secret."""
    media = MediaFile(
        path=path,
        path_bytes_hex=path.encode().hex(),
        kind=MediaKind.VIDEO,
        media_type="video/mp4",
        size_bytes=4321,
        digest=Digest(algorithm="sha256", hex="cd" * 32),
    )
    here = Position(lat_deg=at[0], lon_deg=at[1], horizontal_error_m=5.0, alt_m=17.25)
    there = Position(lat_deg=SAFE_HOUSE[0], lon_deg=SAFE_HOUSE[1])
    filmed = dt.datetime(2026, 3, 5, 13, 57, 41, tzinfo=dt.UTC)
    posted = dt.datetime(2026, 3, 6, 22, 46, 9, tzinfo=dt.UTC)
    values = [
        here,
        Track(points=(TrackPoint(time_s=0.0, position=here), TrackPoint(time_s=9.5, position=there))),
        PlaceClaim(name="zqplace near Golden Harbour Park", position=there, source=TextSource.CAPTION),
        PlaceClaim(name="zqplace", source=TextSource.CAPTION),
        Camera(make="zqowner", model="zqowner's phone", serial="zqserial"),
        CaptureTime(instant_utc=filmed, clock=Clock.GPS, meaning=TimeMeaning.CAPTURED),
        CaptureTime(instant_utc=posted, clock=Clock.PLATFORM, meaning=TimeMeaning.POSTED),
        CaptureTime(local=filmed.replace(tzinfo=None), offset_minutes=None, clock=Clock.DEVICE, meaning=TimeMeaning.DIGITIZED),
        TextSnippet(text="zqcaption +85512345678 at Golden Harbour Park @zqaccount", source=TextSource.CAPTION),
        TextSnippet(text="zqname 85512345678", source=TextSource.FILENAME),
        Post(
            platform="zqplatform",
            post_id="zqpost",
            url="https://zqurl/zqpost",
            uploader="zquploader",
            uploader_id="zqaccount",
            channel="zqchannel",
            forwarded_from="zqforward",
        ),
        Software(name="zqsoftware"),
        FileNaming(app="zqapp", kind=OriginKind.PLATFORM),
        EncodingTrace(kind=TraceKind.MARK, value="zqtrace"),
        Credential(
            claim_generator="zqgenerator",
            signer="zqsigner",
            signed_at_utc=posted,
            signature=SignatureState.VALID,
            detail="zqdetail",
        ),
        VideoInfo(duration_s=12.0, width_px=640, height_px=480, writer="zqwriter", codec="zqwriter"),
        VisualMatch(
            site_code="SEAL01",
            reference_digest="ee" * 32,
            origin_digest="zqorigin",
            index_digest="ff" * 32,
            part="zqplace",
            time_s=1.0,
            frame_count=2,
            mirrored=False,
            places=40,
            tried=50,
            strength=20.0,
            rival_strength=1.0,
            agreeing=1,
            frame_cells=9,
            reference_cells=9,
        ),
    ]
    reading = Reading(
        media=media,
        content=Findings(
            observations=(*(seeded(value) for value in values), *looking(30.0)),
            absences=(Absent(what="position", reason=Reason.UNSUPPORTED, detail="zqabsent", reader="exif"),),
            problems=(Problem(code="malformed", message="zqproblem", where="zqfield"),),
        ),
        sidecars=(SidecarUse(path="zqsidecar.json", digest=Digest(algorithm="sha256", hex="aa" * 32), reader="ytdlp"),),
    )
    places = register(SITE)
    places = replace(places, infos=tuple(_with_path(info) for info in places.infos))
    return verify_reading(reading, make_kit(places, SETTINGS), EXAMINED_AT)


def seeded_judgement() -> Judgement:
    """What an analyst wrote of it."""
    return Judgement(
        entry=3,
        at="2026-03-07T22:46:09.000+00:00",
        by="zqanalyst",
        words="zqjudgement",
        site_code="SEAL01",
        view_lat_deg=SAFE_HOUSE[0],
        view_lon_deg=SAFE_HOUSE[1],
        view_heading_deg=12.0,
    )


def sites() -> tuple[ReferenceSite, ...]:
    return (SITE,)


def _with_path(info: RegisterInfo) -> RegisterInfo:
    return msgspec.structs.replace(info, path="/home/zqregisterpath/r.geojson")
