"""The frozen types of what is read: files, values, observations, absences, problems; no I/O."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct


class MediaKind(StrEnum):
    """What a file is by its signature."""

    IMAGE = "image"
    VIDEO = "video"
    UNKNOWN = "unknown"


class Who(StrEnum):
    """Who could have written a value, strongest witness first."""

    DEVICE = "device"
    EDITOR = "editor"
    PLATFORM = "platform"
    UPLOADER = "uploader"
    DOWNLOADER = "downloader"
    ANALYST = "analyst"


class Clock(StrEnum):
    """Which clock a time was read from."""

    GPS = "gps"
    DEVICE = "device"
    CONTAINER = "container"
    PLATFORM = "platform"
    FILENAME = "filename"
    FILESYSTEM = "filesystem"
    DOWNLOADER = "downloader"


class TimeMeaning(StrEnum):
    """What happened at that time, as the field's definition says."""

    CAPTURED = "captured"
    DIGITIZED = "digitized"
    FIXED = "fixed"
    ENCODED = "encoded"
    MODIFIED = "modified"
    POSTED = "posted"
    SAVED = "saved"


class North(StrEnum):
    """The reference direction of an angle."""

    TRUE = "true"
    MAGNETIC = "magnetic"
    UNKNOWN = "unknown"


class TextSource(StrEnum):
    """Where words were found."""

    CAPTION = "caption"
    FILENAME = "filename"
    OCR = "ocr"
    TAG = "tag"


class Digest(Struct, frozen=True, kw_only=True):
    """A cryptographic digest of bytes, in lower-case hexadecimal."""

    algorithm: str
    hex: str


class MediaFile(Struct, frozen=True, kw_only=True):
    """One input file; `path` is display text and `path_bytes_hex` is set where the name is not UTF-8."""

    path: str
    path_bytes_hex: str | None = None
    kind: MediaKind
    media_type: str
    size_bytes: int
    digest: Digest | None


class Provenance(Struct, frozen=True, kw_only=True):
    """Where a value stood: the reader, the format's own field name, the raw value as text, and who could write it.

    `file` names the file beside the media, as seen from the media's folder, where the value does not stand in the media itself.
    """

    reader: str
    field: str
    raw: str
    who: Who
    file: str | None = None


class FixCaveat(StrEnum):
    """What a source itself says against a position that it gives."""

    NETWORK = "network"
    MANUAL = "manual"
    INTERRUPTED = "interrupted"
    OTHER_DATUM = "other_datum"


class Position(Struct, frozen=True, kw_only=True, tag="position"):
    """A WGS 84 position; `resolution_m` is the step of its notation, `horizontal_error_m` the source's own 68 % radius."""

    lat_deg: float
    lon_deg: float
    alt_m: float | None = None
    horizontal_error_m: float | None = None
    resolution_m: float | None = None
    caveats: tuple[FixCaveat, ...] = ()


class TrackPoint(Struct, frozen=True, kw_only=True):
    """One position of a track, `time_s` after the start of the footage."""

    time_s: float
    position: Position


class Track(Struct, frozen=True, kw_only=True, tag="track"):
    """Positions through the footage in the order of time."""

    points: tuple[TrackPoint, ...]


class Heading(Struct, frozen=True, kw_only=True, tag="heading"):
    """The direction in which the camera looked, clockwise from north.

    `pitch_deg` is the angle of view above the horizon, −90 straight down, where it is known.
    """

    angle_deg: float
    north: North
    pitch_deg: float | None = None


class FieldOfView(Struct, frozen=True, kw_only=True, tag="field_of_view"):
    """The angle that the longer side of the stored frame covers, however the camera was held."""

    long_side_deg: float


class Camera(Struct, frozen=True, kw_only=True, tag="camera"):
    """The device as it names itself."""

    make: str | None = None
    model: str | None = None
    serial: str | None = None


class CaptureTime(Struct, frozen=True, kw_only=True, tag="time"):
    """A time; an offset that the source does not state stays `None`, and then so does `instant_utc`.

    `resolution_s` is the step of its notation where that is coarser than a second: 86,400 for a bare date, given as its midnight.
    """

    instant_utc: dt.datetime | None = None
    local: dt.datetime | None = None
    offset_minutes: int | None = None
    resolution_s: float | None = None
    clock: Clock
    meaning: TimeMeaning


class TextInFrame(Struct, frozen=True, kw_only=True):
    """Where a frame shows words: its second, a box in shares of its width and height, and how sure the recogniser is (0 to 1).

    Words that were laid over the picture are `overlaid`; the others stand in the scene itself. `frame_count` is how many frames
    of the file were read.
    """

    time_s: float
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    overlaid: bool
    frame_count: int


class TextSnippet(Struct, frozen=True, kw_only=True, tag="text"):
    """Words that came with the footage, or that a frame of it shows."""

    text: str
    lang: str | None = None
    source: TextSource
    seen: TextInFrame | None = None


class PlaceClaim(Struct, frozen=True, kw_only=True, tag="place_claim"):
    """A place that somebody named for the footage, by name, by position, or both."""

    name: str | None = None
    position: Position | None = None
    source: TextSource


class Post(Struct, frozen=True, kw_only=True, tag="post"):
    """Who put the footage online and where, as the platform says; names are those that the accounts chose themselves.

    `uploader_id` is the platform's own identifier of the account, `channel` the channel or chat that the post stands in, and
    `forwarded_from` the account that a forwarded post came from.
    """

    platform: str | None = None
    post_id: str | None = None
    url: str | None = None
    uploader: str | None = None
    uploader_id: str | None = None
    channel: str | None = None
    forwarded_from: str | None = None


class Software(Struct, frozen=True, kw_only=True, tag="software"):
    """A program that says it wrote or encoded the file."""

    name: str


class OriginKind(StrEnum):
    """What wrote a file last; `REWRITTEN` by a program that platforms, downloaders and editors share."""

    CAMERA_ORIGINAL = "camera_original"
    EDITED = "edited"
    PLATFORM = "platform"
    DOWNLOADER_REMUX = "downloader_remux"
    SCREEN_CAPTURE = "screen_capture"
    REWRITTEN = "rewritten"
    UNKNOWN = "unknown"


class FileNaming(Struct, frozen=True, kw_only=True, tag="file_naming"):
    """The program, service or maker whose rule the file's name follows, and what kind of writer that is."""

    app: str
    kind: OriginKind


class TraceKind(StrEnum):
    """Where in a file's structure a trace of its writer lies."""

    JPEG_LAYOUT = "jpeg_layout"
    JPEG_CODING = "jpeg_coding"
    JPEG_TABLES = "jpeg_tables"
    JPEG_THUMBNAIL = "jpeg_thumbnail"
    PNG_CHUNKS = "png_chunks"
    BRANDS = "brands"
    BOX_ORDER = "box_order"
    MARK = "mark"
    EMBEDDED_VIDEO = "embedded_video"


class EncodingTrace(Struct, frozen=True, kw_only=True, tag="encoding"):
    """What a file's structure shows of the program that wrote it; `MARK` is a string that one program or platform leaves."""

    kind: TraceKind
    value: str


class SignatureState(StrEnum):
    """What became of a signature: `UNTRUSTED` holds by its mathematics, but nothing here vouches for who signed."""

    VALID = "valid"
    UNTRUSTED = "untrusted"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"


class Credential(Struct, frozen=True, kw_only=True, tag="credential"):
    """A signed record of what made the file, who signed it and when by a time stamp, and whether that holds."""

    claim_generator: str | None = None
    signer: str | None = None
    signed_at_utc: dt.datetime | None = None
    signature: SignatureState
    detail: str


class ImageInfo(Struct, frozen=True, kw_only=True, tag="image_info"):
    """The picture's stored size and the EXIF orientation (1–8) that turns it upright."""

    width_px: int | None = None
    height_px: int | None = None
    orientation: int | None = None


class VideoInfo(Struct, frozen=True, kw_only=True, tag="video_info"):
    """What the container and its decoder say of the video stream."""

    duration_s: float | None = None
    fps: float | None = None
    frame_count: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    rotation_deg: int | None = None
    codec: str | None = None
    writer: str | None = None


class Keyframe(Struct, frozen=True, kw_only=True, tag="keyframe"):
    """A sampled frame's time and figures: variance of the Laplacian, mean luma (0–255), log2 of red over blue where measured."""

    time_s: float
    sharpness: float
    brightness: float
    warmth: float | None = None


class VisualMatch(Struct, frozen=True, kw_only=True, tag="visual_match"):
    """A frame that shows what a reference photograph of a site shows, at `places` distinct points that follow one map.

    `tried` are the distinctive matches of which those are some, `strength` is the sum over them of how much nearer they are
    than any other site's features, less for what the reference shows many times, and `rival_strength` that of the best other
    site in the same frame. `frame_cells` and `reference_cells` are how many of a picture's 16 cells they cover.
    `origin_digest` is of what the reference was taken from: references that share it are one witness, and `agreeing` such
    witnesses match this frame. `frame_count` is how many frames of the file were looked at. `camera_heading_deg` is where the
    camera seems to have looked, clockwise from true north, with the 68 % error of that, and `picture` the name of an evidence
    picture, which is the SHA-256 of its bytes.
    """

    site_code: str
    reference_digest: str
    origin_digest: str
    index_digest: str
    part: str | None = None
    time_s: float
    frame_count: int
    mirrored: bool
    places: int
    tried: int
    strength: float
    rival_strength: float
    agreeing: int
    frame_cells: int
    reference_cells: int
    camera_heading_deg: float | None = None
    camera_heading_error_deg: float | None = None
    picture: str | None = None


class LearnedMatch(Struct, frozen=True, kw_only=True, tag="learned_match"):
    """A frame and a reference photograph that a network of the user's finds alike, at `places` points that follow one map.

    `tried` are the mutual nearest neighbours of which those are some. `model_digest` is the SHA-256 of the network's file; other
    members are those of `VisualMatch`. No such match is calibrated.
    """

    site_code: str
    reference_digest: str
    origin_digest: str
    index_digest: str
    model: str
    model_digest: str
    part: str | None = None
    time_s: float
    frame_count: int
    mirrored: bool
    places: int
    tried: int
    picture: str | None = None


class PicturePart(StrEnum):
    """Which part of a frame was looked at: all of it, or what bars at its borders leave."""

    WHOLE = "whole"
    INNER = "inner"


class PictureHash(Struct, frozen=True, kw_only=True, tag="picture_hash"):
    """The PDQ hash of a frame, that of its mirror image, and PDQ's quality (50 to 100; flatter frames get no hash).

    Copies differ in few of the 256 bits, given as 64 hexadecimal digits.
    """

    time_s: float
    part: PicturePart
    pdq: str
    mirror_pdq: str
    quality: int


Value = (
    Position
    | Track
    | Heading
    | FieldOfView
    | Camera
    | CaptureTime
    | TextSnippet
    | PlaceClaim
    | Post
    | Software
    | FileNaming
    | EncodingTrace
    | Credential
    | ImageInfo
    | VideoInfo
    | Keyframe
    | VisualMatch
    | LearnedMatch
    | PictureHash
)
T = TypeVar("T", covariant=True)


class Observation(Struct, Generic[T], frozen=True, kw_only=True):
    """One value with its provenance; `id` is given by the reading line and is unique in a report."""

    id: str = ""
    value: T
    provenance: Provenance


class Reason(StrEnum):
    """Why a value is absent."""

    NOT_PRESENT = "not_present"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    NULL_ISLAND = "null_island"
    MISSING_REFERENCE = "missing_reference"
    NO_FIX = "no_fix"
    NOT_A_DATE = "not_a_date"
    TRUNCATED = "truncated"
    UNSUPPORTED = "unsupported"


class Absent(Struct, frozen=True, kw_only=True):
    """A value that is not there, or cannot be used, and why; `what` names it (position, heading, time …)."""

    what: str
    reason: Reason
    detail: str
    reader: str


class Problem(Struct, frozen=True, kw_only=True):
    """Something went wrong and the work went on; `code` is stable, `message` is for people, `where` is a room or field."""

    code: str
    message: str
    where: str


class FramePrint(Struct, frozen=True, kw_only=True):
    """What later runs need of a frame to find other copies of it without the footage; it is kept with a reading, not in reports.

    The picture without its bars is `width_px` × `height_px` at the size that `points` were taken at: packed distinctive points of
    `vision.prints`, whose layout `version` names. The hashes are those of `PictureHash`, None for a frame that is too flat.
    """

    version: int
    time_s: float
    width_px: int
    height_px: int
    pdq: str | None
    mirror_pdq: str | None
    points: bytes


Finding = Observation[Value] | Absent | Problem | FramePrint


class Findings(Struct, frozen=True, kw_only=True):
    """Findings by their kinds, each in the order of reading: a form that can be stored."""

    observations: tuple[Observation[Value], ...] = ()
    absences: tuple[Absent, ...] = ()
    problems: tuple[Problem, ...] = ()
    prints: tuple[FramePrint, ...] = ()

    @classmethod
    def sort(cls, findings: Iterable[Finding]) -> Findings:
        """Part some findings by their kinds."""
        listed = list(findings)
        return cls(
            observations=tuple(item for item in listed if isinstance(item, Observation)),
            absences=tuple(item for item in listed if isinstance(item, Absent)),
            problems=tuple(item for item in listed if isinstance(item, Problem)),
            prints=tuple(item for item in listed if isinstance(item, FramePrint)),
        )
