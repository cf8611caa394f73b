"""OpenCV's door: what it may take of the machine while it opens a file."""

import sys
from pathlib import Path

import pytest
from builders import clips
from builders.hostile_movies import endless_tables
from builders.hostile_pictures import MB
from builders.movies import read_bytes

from geoverify import opencv
from geoverify.media import open_media
from geoverify.model import Observation, Problem, VideoInfo
from geoverify.opencv import limit_growth, open_capture
from geoverify.readers.streams import READER

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a limit of address space")


@linux_only
def test_growth_is_refused_and_the_limits_come_back() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), limit_growth(64 * MB):
        bytearray(512 * MB)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    with limit_growth(512 * MB):
        assert len(bytearray(64 * MB)) == 64 * MB


@linux_only
def test_a_limit_of_the_process_is_never_raised() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with limit_growth(64 * MB):
        narrow = resource.getrlimit(resource.RLIMIT_AS)
        with limit_growth(1 << 40):
            assert resource.getrlimit(resource.RLIMIT_AS) == narrow
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@linux_only
def test_a_video_whose_opening_takes_too_much_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "endless.mp4"
    path.write_bytes(endless_tables(1, filler_bytes=MB))
    monkeypatch.setattr(opencv, "MAX_OPENING_BYTES", 8 * MB)
    with open_media(path) as (media, source):
        (problem,) = READER.read(media, source)
    assert isinstance(problem, Problem)
    assert problem.code == "no-video-stream"


def test_the_header_alone_tells_the_same(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "clip.mp4")
    told = []
    for header_only in (False, True):
        with open_capture(str(path), header_only=header_only) as capture:
            told.append([capture.get(number) for number in range(80)])
    assert told[0] == told[1]


def test_bytes_in_memory_are_no_video_file() -> None:
    assert read_bytes(READER, b"\x1aE\xdf\xa3") == []


def test_an_honest_clip_opens_within_the_limit(tmp_path: Path) -> None:
    with open_media(clips.write_clip(tmp_path / "clip.mov")) as (media, source):
        (item,) = READER.read(media, source)
    assert isinstance(item, Observation)
    assert isinstance(item.value, VideoInfo)
