"""What footage is compared with: the index of a register's reference photographs, their files, and where each camera looked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geoverify.errors import MalformedError, MediaError
from geoverify.media import open_media
from geoverify.opencv import load_cv2
from geoverify.results import ReferencesInfo
from geoverify.vision.frames import frame_at
from geoverify.vision.index import ReferenceIndex
from geoverify.vision.keyframes import Picture

# The index's table names photos, and may have been made by others: nothing else becomes part of a path.
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gallery:
    """The references of one register.

    `digest` is the SHA-256 of the index's file, `photos` the folder of the photographs, each under its digest. By the digest of a
    photo, `headings_deg` says where it looked, clockwise from true north, if it is known where it was taken too, and `footage` of
    which footage it is a frame.
    """

    index: ReferenceIndex
    digest: str = ""
    photos: Path | None = None
    headings_deg: Mapping[str, float] = field(default_factory=dict)
    footage: Mapping[str, str] = field(default_factory=dict)

    @property
    def info(self) -> ReferencesInfo:
        """What a report says of them."""
        return ReferencesInfo(
            index_digest=self.digest, photo_count=len(self.index.references), site_count=len(self.index.site_codes)
        )

    def is_from(self, number: int, digest: str) -> bool:
        """Whether the reference at a place of the index is some footage, or was taken from it."""
        reference = self.index.references[number]
        return digest in (reference.photo_digest, reference.origin, self.footage.get(reference.photo_digest))

    def open_photo(self, digest: str) -> Picture | None:
        """A photograph (BGR, reduced as frames are); `None` where its file is missing, changed or does not decode."""
        if self.photos is None or not _DIGEST.fullmatch(digest):
            return None
        for path in sorted(self.photos.glob(f"{digest}.*")):
            try:
                with open_media(path) as (media, source):
                    frame = frame_at(media, source, 0.0) if media.digest is not None and media.digest.hex == digest else None
            except (MediaError, MalformedError, MemoryError, load_cv2().error):
                continue
            if frame is not None:
                return frame.bgr
        return None
