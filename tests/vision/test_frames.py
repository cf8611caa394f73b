"""Frames for matching: few, sharp, spread, one a shot, none twice."""

import random
from pathlib import Path

import numpy as np
import pytest
from builders import clips
from builders.h264 import write_h264
from builders.overlays import Picture, scene

from geoverify.errors import MalformedError
from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import MediaFile, MediaKind
from geoverify.opencv import load_cv2
from geoverify.vision.film import MAX_SIDE_PX, Film
from geoverify.vision.frames import SampledFrame, frame_at, sample_frames

SIZE = (240, 320)


def sample(path: Path, count: int = 24) -> list[SampledFrame]:
    with open_media(path) as (media, source):
        return sample_frames(Film(media, source), count)


def pan(seed: int, frames: int, speed_px: float = 6.0) -> list[Picture]:
    """A pan over one scene."""
    wide = scene(seed, (SIZE[0], SIZE[1] + round(speed_px * frames) + 1))
    return [np.ascontiguousarray(wide[:, round(speed_px * n) : round(speed_px * n) + SIZE[1]]) for n in range(frames)]


def test_frames_are_spread_over_the_whole_duration(tmp_path: Path) -> None:
    path = write_h264(tmp_path / "clip.mp4", pan(1, 300), fps=10, key_every=5)
    frames = sample(path, 10)
    times = [frame.time_s for frame in frames]
    assert len(frames) == 10 and times == sorted(times)
    assert times[0] < 3 and times[-1] > 25 and max(np.diff(times)) < 6


def test_a_short_shot_has_a_frame(tmp_path: Path) -> None:
    short = [np.asarray(frame // 3 + 150, np.uint8) for frame in pan(2, 45)]
    path = write_h264(tmp_path / "clip.mp4", [*pan(1, 100), *short, *pan(3, 100)], fps=10, key_every=5)
    times = [frame.time_s for frame in sample(path, 6)]
    assert any(10 <= time_s < 14.5 for time_s in times) and len(times) <= 6


def test_the_sharpest_of_neighbours_is_taken(tmp_path: Path) -> None:
    cv2 = load_cv2()
    frames = [
        frame if number % 10 == 5 else np.asarray(cv2.GaussianBlur(frame, (0, 0), 4), np.uint8)
        for number, frame in enumerate(pan(4, 120))
    ]
    chosen = sample(write_h264(tmp_path / "clip.mp4", frames, fps=10, key_every=5), 8)
    assert len(chosen) == 8
    assert all(round(frame.time_s * 10) % 10 == 5 for frame in chosen)


def test_near_identical_frames_are_dropped(tmp_path: Path) -> None:
    still = [scene(5, SIZE)] * 200
    assert len(sample(write_h264(tmp_path / "still.mp4", still, fps=10, key_every=5))) == 1


def test_black_frames_are_not_chosen(tmp_path: Path) -> None:
    black = [np.zeros((*SIZE, 3), np.uint8)] * 50
    path = write_h264(tmp_path / "clip.mp4", [*black, *pan(6, 50), *black], fps=10, key_every=5)
    assert all(4.9 < frame.time_s < 10.1 for frame in sample(path))
    assert len(sample(write_h264(tmp_path / "black.mp4", black, fps=10, key_every=5))) == 1


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_clip_with_one_key_frame_is_stepped_through(tmp_path: Path, name: str) -> None:
    path = write_h264(tmp_path / name, pan(7, 200), fps=10, key_every=1000)
    times = [frame.time_s for frame in sample(path, 8)]
    assert len(times) >= 6 and times[-1] > 15


def test_older_codecs_and_containers(tmp_path: Path) -> None:
    shots = [scene(seed, SIZE) for seed in range(5)]
    for name, fourcc in (("clip.avi", "MJPG"), ("clip.webm", "VP80"), ("clip.3gp", "mp4v")):
        frames = sample(clips.write_clip(tmp_path / name, fourcc=fourcc, paint=lambda number: shots[number // 20]), 5)
        assert 3 <= len(frames) <= 5


def test_a_still_picture_is_one_upright_frame_of_bounded_size() -> None:
    cv2 = load_cv2()
    for suffix in (".jpg", ".png", ".webp"):
        data = clips.encode_picture(suffix, scene(8, (650, 1500)))
        kind, media_type = sniff_type(data)
        media = MediaFile(path="picture", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
        (frame,) = sample_frames(Film(media, MemorySource(data)), 24)
        assert frame.time_s == 0.0 and frame.bgr.shape == (624, MAX_SIDE_PX, 3)
        again = frame_at(media, MemorySource(data), 5.0)
        assert again is not None and np.array_equal(again.bgr, frame.bgr)
        assert frame.sharpness > 0 and frame.brightness == pytest.approx(float(cv2.cvtColor(frame.bgr, 6).mean()), abs=3)


def test_the_frame_of_a_second(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "clip.mp4")
    with open_media(path) as (media, source):
        frame = frame_at(media, source, 2.0)
        assert frame is not None and frame.brightness == pytest.approx(100, abs=4)
        assert frame_at(media, source, 1e6) is None


def test_what_has_no_pictures_has_no_frames() -> None:
    for media_type, data in (("image/heic", b"\0" * 100), ("image/jpeg", b"\xff\xd8\xff\xe0broken")):
        media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type=media_type, size_bytes=len(data), digest=None)
        assert sample_frames(Film(media, MemorySource(data)), 4) == []


def test_a_movie_without_pictures_has_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips.write_clip(tmp_path / "whole.mp4").read_bytes()[:400])
    assert sample(path) == []


def test_damaged_files_end_in_few_frames_or_in_the_errors_that_are_promised(tmp_path: Path) -> None:
    cv2 = load_cv2()
    dice = random.Random(4)
    whole = [
        write_h264(tmp_path / "clip.mp4", pan(1, 40), fps=10, key_every=5).read_bytes(),
        clips.write_clip(tmp_path / "clip.mkv", 30, lambda number: scene(number % 3, SIZE)).read_bytes(),
        clips.encode_picture(".jpg", scene(1)),
    ]
    ended: set[str] = set()
    for number in range(60):
        data = bytearray(whole[number % 3])
        for _ in range(dice.choice([1, 5, 40])):
            place = dice.randrange(len(data)) if dice.random() < 0.5 else len(data) - dice.randrange(1, min(3000, len(data)))
            data[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        path = tmp_path / "mutant"
        path.write_bytes(data)
        with open_media(path) as (media, source):
            if media.kind is MediaKind.UNKNOWN:
                continue
            try:
                assert len(sample_frames(Film(media, source), 5)) <= 5
                frame_at(media, source, 1.0)
                ended.add("frames")
            except (MalformedError, MemoryError, cv2.error) as error:
                ended.add(type(error).__name__)
    assert "frames" in ended and len(ended) > 1
