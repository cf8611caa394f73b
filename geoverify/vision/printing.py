"""The prints of a file's frames: hashes for the report, and what later runs need to find other copies of the recording."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from geoverify.errors import MalformedError
from geoverify.model import (
    Finding,
    MediaKind,
    Observation,
    PictureHash,
    PicturePart,
    Provenance,
    Who,
)
from geoverify.opencv import load_cv2
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames
from geoverify.vision.keyframes import NoPicturesError, Picture
from geoverify.vision.perceptual import MIN_QUALITY, PictureDigest
from geoverify.vision.prints import Print, take_print

NAME = "prints"
# Two frames whose hashes differ in fewer bits are one picture that stood still: one print is enough.
STILL_BITS = 10
# A video with fewer key frames than the first has up to so many other frames looked at.
MIN_KEY_FRAMES, STEPPED_FRAMES = 3, 8


def take_prints(film: Film, count: int) -> Iterator[Finding]:
    """Yield the prints of up to `count` key frames of a video, or of a picture, and their hashes; nothing where none is decoded.

    That a file cannot be decoded is told by the key frames' own figures.
    """
    if not film.is_decodable:
        return
    before: Print | None = None
    try:
        for time_s, picture in _read_pictures(film, count):
            taken = take_print(picture, time_s)
            if before is not None and _stands_still(before, taken):
                continue
            before = taken
            yield taken.frame
            yield from _observe(taken)
    except (MalformedError, MemoryError, load_cv2().error):
        return


def _read_pictures(film: Film, count: int) -> Iterator[tuple[float, Picture]]:
    if film.media.kind is MediaKind.IMAGE:
        yield from ((frame.time_s, frame.bgr) for frame in sample_frames(film, 1))
        return
    try:
        pictures = film.key_pictures(count)
        first = list(islice(pictures, MIN_KEY_FRAMES))
        if len(first) == MIN_KEY_FRAMES:
            yield from chain(first, pictures)
        else:
            # Platforms leave hardly a key frame in a short clip, and a copy that was trimmed has others.
            yield from ((frame.time_s, frame.bgr) for frame in sample_frames(film, STEPPED_FRAMES))
    except NoPicturesError:
        return


def _stands_still(before: Print, after: Print) -> bool:
    one, other = before.frame.pdq, after.frame.pdq
    if one is None or other is None:
        return one is other and before.frame.points == after.frame.points
    return (int(one, 16) ^ int(other, 16)).bit_count() < STILL_BITS


def _observe(taken: Print) -> Iterator[Finding]:
    parts = {PicturePart.WHOLE: taken.whole, PicturePart.INNER: taken.inner}
    for part, digest in parts.items():
        if digest is not None and digest.quality >= MIN_QUALITY:
            yield _describe(taken.frame.time_s, part, digest)


def _describe(time_s: float, part: PicturePart, digest: PictureDigest) -> Observation[PictureHash]:
    return Observation(
        value=PictureHash(time_s=time_s, part=part, pdq=digest.pdq, mirror_pdq=digest.mirror_pdq, quality=digest.quality),
        # Every editor and platform on the way may have encoded the pixels anew.
        provenance=Provenance(reader=NAME, field=f"frame at {time_s:.3f} s", raw=f"pdq {digest.pdq}", who=Who.EDITOR),
    )
