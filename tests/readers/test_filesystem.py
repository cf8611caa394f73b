import datetime as dt
import os

import pytest
from builders.png import build_png

from geoverify.media import MemorySource, open_media
from geoverify.model import CaptureTime, Clock, MediaFile, MediaKind, TimeMeaning, Who
from geoverify.readers.filesystem import READER


@pytest.mark.parametrize("seconds", [0, 1768615205, -86400])
def test_the_time_of_the_last_change(tmp_path, seconds):
    path = tmp_path / "x.png"
    path.write_bytes(build_png())
    os.utime(path, (seconds, seconds))
    with open_media(path) as (media, source):
        (item,) = READER.read(media, source)
    assert item.value == CaptureTime(
        instant_utc=dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds),
        clock=Clock.FILESYSTEM,
        meaning=TimeMeaning.MODIFIED,
    )
    assert item.provenance.who is Who.DOWNLOADER
    assert item.provenance.raw == str(seconds)


def test_bytes_that_are_no_file_have_none():
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/png", size_bytes=1, digest=None)
    assert list(READER.read(media, MemorySource(b"x"))) == []
