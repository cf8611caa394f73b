"""The child process that looks at reference photographs: one photo a line in, what is in it a line out."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from geoverify.isolation.answering import FileRequest, answer_files
from geoverify.media import open_media
from geoverify.model import MediaKind

if TYPE_CHECKING:
    from geoverify.vision.features import Features

# How a frame of a video is kept: nearly as sharp as it was, at a tenth of the size of a lossless file.
FRAME_JPEG_QUALITY = 95
# The side of the grid of the difference hash: 8 × 8 comparisons are its 64 bits.
HASH_SIDE = 8


class Request(FileRequest, frozen=True, kw_only=True):
    """One photo, and the second of the frame where it is a video."""

    at_s: float | None = None
    wants_frame: bool = False
    wants_features: bool = False


class PackedArray(Struct, frozen=True, kw_only=True):
    """An array on its way through a pipe."""

    kind: str
    shape: tuple[int, ...]
    data: bytes


class Look(Struct, frozen=True, kw_only=True, tag="look"):
    """What is in a photo; figures of the picture at its working size, and 64 bits that alike pictures share."""

    digest: str
    kind: str
    media_type: str
    width_px: int
    height_px: int
    sharpness: float
    brightness: float
    hidden_share: float
    """The share of the picture that masks hide, sky not counted."""
    feature_count: int
    looks: tuple[int, int]
    """Difference hashes of the picture and of its mirror image."""
    time_s: float | None = None
    frame: bytes = b""
    """The frame of a video as JPEG, where it was asked for."""
    features: dict[str, PackedArray] = {}
    """The members of its features, where they were asked for."""


class Unusable(Struct, frozen=True, kw_only=True, tag="unusable"):
    """Why nothing was seen."""

    message: str


Answer = Look | Unusable


def main() -> None:
    """Serve photos until stdin closes."""
    answer_files(Request, look, refuse)


def refuse(message: str) -> Answer:
    """The answer that says why nothing was seen."""
    return Unusable(message=message)


def look(path: Path, request: Request) -> Answer:
    """Decode a photo or a frame and measure it."""
    from geoverify.opencv import load_cv2
    from geoverify.vision.features import extract_features
    from geoverify.vision.frames import frame_at
    from geoverify.vision.keyframes import HEIF_TYPES, UNDECODED_TYPES
    from geoverify.vision.masks import find_overlays, mask_single

    cv2 = load_cv2()
    with open_media(path) as (media, source):
        if media.kind is MediaKind.UNKNOWN:
            return Unusable(message="not a picture or video that is read here; give a photo")
        if media.media_type in UNDECODED_TYPES | HEIF_TYPES:
            return Unusable(message=f"{media.media_type} cannot be decoded here; convert it to JPEG and give that")
        if media.kind is MediaKind.VIDEO and request.at_s is None:
            return Unusable(message="a video; say with --at SECONDS which frame shows the site")
        try:
            frame = frame_at(media, source, request.at_s or 0.0)
        except cv2.error:
            frame = None
        if frame is None:
            where = f" at {request.at_s:g} s" if media.kind is MediaKind.VIDEO else ""
            return Unusable(message=f"no picture can be decoded{where}; open it in a viewer, or give another")
        assert media.digest is not None
        luma = cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY)
        features = extract_features(luma, mask_single(frame.bgr))
        encoded = b""
        if request.wants_frame and media.kind is MediaKind.VIDEO:
            encoded = bytes(cv2.imencode(".jpg", frame.bgr, [cv2.IMWRITE_JPEG_QUALITY, FRAME_JPEG_QUALITY])[1])
        height, width = frame.bgr.shape[:2]
        return Look(
            digest=media.digest.hex,
            kind=media.kind.value,
            media_type=media.media_type,
            width_px=width,
            height_px=height,
            sharpness=frame.sharpness,
            brightness=frame.brightness,
            hidden_share=float(find_overlays(frame.bgr).mean()),
            feature_count=len(features.xy_px),
            looks=(hash_differences(luma), hash_differences(luma[:, ::-1])),
            time_s=frame.time_s if media.kind is MediaKind.VIDEO else None,
            frame=encoded,
            features=pack_arrays(features) if request.wants_features else {},
        )


def pack_arrays(features: Features) -> dict[str, PackedArray]:
    """The members of features, for the pipe."""
    arrays = {field.name: getattr(features, field.name) for field in fields(features)}
    return {name: PackedArray(kind=array.dtype.str, shape=array.shape, data=array.tobytes()) for name, array in arrays.items()}


def hash_differences(luma: object) -> int:
    """64 bits that say of a grid of cells whether each is brighter than its right neighbour (difference hash, Krawetz 2013)."""
    import numpy as np

    from geoverify.opencv import load_cv2

    cv2 = load_cv2()
    small = cv2.resize(np.ascontiguousarray(luma), (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())


if __name__ == "__main__":
    main()
