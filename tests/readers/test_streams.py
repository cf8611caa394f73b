"""The streams reader: OpenCV as a second witness, and what it must never be made to do."""

import random
from pathlib import Path

import pytest
from builders import clips, isobmff

from geoverify import opencv
from geoverify.media import open_media
from geoverify.model import Finding, Observation, Problem, VideoInfo
from geoverify.opencv import open_capture
from geoverify.readers.quicktime import READER as BOXES
from geoverify.readers.streams import READER, _to_info


def read(path: Path) -> list[Finding]:
    with open_media(path) as (media, source):
        return list(READER.read(media, source))


def info_of(findings: list[Finding]) -> VideoInfo:
    (item,) = findings
    assert isinstance(item, Observation) and isinstance(item.value, VideoInfo)
    return item.value


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.3gp", "clip.mkv"])
def test_figures(tmp_path: Path, name: str) -> None:
    info = info_of(read(clips.write_clip(tmp_path / name)))
    assert (info.frame_count, info.fps, info.duration_s) == (100, 25.0, 4.0)
    assert (info.width_px, info.height_px, info.rotation_deg, info.codec) == (320, 240, 0, "FMP4")


def test_both_witnesses_give_the_size_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "turned.mp4"
    path.write_bytes(isobmff.with_metadata(clips.write_clip(tmp_path / "clip.mp4").read_bytes(), rotation_deg=90))
    with open_media(path) as (media, source):
        infos = [
            item.value
            for item in [*BOXES.read(media, source), *READER.read(media, source)]
            if isinstance(item, Observation) and isinstance(item.value, VideoInfo)
        ]
    assert [(info.width_px, info.height_px, info.rotation_deg) for info in infos] == [(320, 240, 90)] * 2
    assert [(info.fps, info.frame_count) for info in infos] == [(25.0, 100)] * 2


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    with open_media(clips.write_clip(tmp_path / "clip.mp4")) as (media, source):
        assert list(READER.read(media, source)) == list(READER.read(media, source))


def test_what_does_not_open_is_a_problem(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clips.write_clip(tmp_path / "clip.mp4").read_bytes()[:5000])
    (problem,) = read(path)
    assert isinstance(problem, Problem) and problem.code == "no-video-stream"
    assert capfd.readouterr() == ("", "")


def test_a_playlist_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips.write_clip(tmp_path / "secret.mp4")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    monkeypatch.chdir(tmp_path)

    def opens() -> bool:
        with open_capture("list.mp4") as capture:
            return bool(capture.isOpened())

    assert not opens()
    # Without the whitelists FFmpeg follows the list: the test above can fail.
    monkeypatch.setattr(opencv, "CAPTURE_OPTIONS", "fflags;nobuffer")
    assert opens()


@pytest.mark.parametrize("bad", [-1.0, 0.0, float("nan"), float("inf"), -9.2e18])
def test_impossible_figures_are_none(bad: float) -> None:
    names = ("FRAME_COUNT", "FPS", "FRAME_WIDTH", "FRAME_HEIGHT", "FOURCC")
    info = _to_info({**dict.fromkeys(names, bad), "ORIENTATION_META": 0.0})
    assert info == VideoInfo(rotation_deg=0)


def test_seeded_mutations(tmp_path: Path) -> None:
    data = clips.write_clip(tmp_path / "clip.mp4", frames=20).read_bytes()
    rng = random.Random(5)
    path = tmp_path / "mutant.mp4"
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 10)):
            mutant[rng.randrange(8, len(mutant))] = rng.randrange(256)
        path.write_bytes(mutant)
        for item in read(path):
            assert isinstance(item, Problem | Observation)
