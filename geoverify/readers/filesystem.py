"""The file system's own time of the last change: of this copy, and only as good as the way by which the copy came."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

from geoverify.media import ByteSource
from geoverify.model import (
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    Provenance,
    TimeMeaning,
    Who,
)

NAME = "filesystem"
_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class FilesystemReader:
    """Copying, unpacking and downloading set this time anew or carry another computer's over."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:  # noqa: ARG002
        """Yield when the file's bytes were last changed, to the second; nothing for bytes that are no file."""
        if source.fileno() < 0:
            return
        seconds = os.fstat(source.fileno()).st_mtime_ns // 1_000_000_000
        try:
            instant = _UNIX_EPOCH + dt.timedelta(seconds=seconds)
        except OverflowError:
            return
        value = CaptureTime(instant_utc=instant, clock=Clock.FILESYSTEM, meaning=TimeMeaning.MODIFIED)
        yield Observation(value=value, provenance=Provenance(reader=NAME, field="mtime", raw=str(seconds), who=Who.DOWNLOADER))


READER = FilesystemReader()
