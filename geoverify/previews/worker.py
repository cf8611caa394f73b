"""The child process that makes previews: one file a line in, its pictures as JPEG a line out."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from geoverify.isolation.answering import FileRequest, answer_files
from geoverify.media import open_media
from geoverify.model import MediaKind

JPEG_QUALITY = 80
MAX_COUNT, MAX_SIDE_PX = 24, 1440


class PreviewRequest(FileRequest, frozen=True, kw_only=True):
    """One file, how many of its frames at most, and their longer side."""

    count: int
    side_px: int


class Preview(Struct, frozen=True, kw_only=True):
    """One picture as JPEG, and the second of the footage that it shows."""

    time_s: float
    width_px: int
    height_px: int
    jpeg: bytes


class Previews(Struct, frozen=True, kw_only=True, tag="previews"):
    """The pictures of one file in the order of time, and the digest of the bytes that they were decoded from."""

    digest: str
    pictures: tuple[Preview, ...]


class NoPreview(Struct, frozen=True, kw_only=True, tag="no_preview"):
    """Why there is no picture."""

    message: str


PreviewAnswer = Previews | NoPreview


def main() -> None:
    """Serve files until stdin closes."""
    answer_files(PreviewRequest, preview, refuse)


def refuse(message: str) -> PreviewAnswer:
    """The answer that says why there is no picture."""
    return NoPreview(message=message)


def preview(path: Path, request: PreviewRequest) -> PreviewAnswer:
    """Decode a file's frames and encode them anew."""
    from geoverify.opencv import load_cv2
    from geoverify.vision.film import Film
    from geoverify.vision.frames import sample_frames
    from geoverify.vision.keyframes import NoPicturesError, reduce_picture

    cv2 = load_cv2()
    with open_media(path) as (media, source):
        if media.kind is MediaKind.UNKNOWN:
            return NoPreview(message="not a picture or video that is read here")
        assert media.digest is not None
        try:
            frames = sample_frames(Film(media, source), min(request.count, MAX_COUNT))
        except (NoPicturesError, cv2.error):
            frames = []
        if not frames:
            return NoPreview(message=f"no picture of it can be decoded here ({media.media_type}); open it in a viewer")
        pictures = []
        for frame in frames:
            small = reduce_picture(frame.bgr, min(request.side_px, MAX_SIDE_PX))
            jpeg = bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])
            height, width = small.shape[:2]
            pictures.append(Preview(time_s=frame.time_s, width_px=width, height_px=height, jpeg=jpeg))
        return Previews(digest=media.digest.hex, pictures=tuple(pictures))


if __name__ == "__main__":
    main()
