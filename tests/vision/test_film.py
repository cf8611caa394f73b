"""One file's pictures: each decoded once whoever asks for it, and the same ones as if it had been decoded for each."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders.h264 import write_h264
from builders.overlays import Picture, scene

from geoverify.media import open_media
from geoverify.vision import film as film_module
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames

SIZE = (120, 160)
# As the prints, the matching and the figures ask for them.
WANTED = ((6, False), (16, False), (28, True), (5, True))


def pan(frames: int) -> list[Picture]:
    wide = scene(3, (SIZE[0], SIZE[1] + 3 * frames))
    return [np.ascontiguousarray(wide[:, 3 * n : 3 * n + SIZE[1]]) for n in range(frames)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty key frames, more than any single look takes."""
    return write_h264(tmp_path_factory.mktemp("film") / "clip.mp4", pan(160), fps=10, key_every=4)


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_h264(tmp_path_factory.mktemp("film") / "sparse.mp4", pan(150), fps=10, key_every=100)


def ask(film: Film, count: int, largest: bool) -> list[tuple[float, bytes]]:
    return [(time_s, picture.tobytes()) for time_s, picture in film.key_pictures(count, largest=largest)]


def count_decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    decoded: list[int] = []
    decode = film_module.decode_clip

    def tell(movie: bytes, count: int) -> Iterator[tuple[int, Picture]]:
        for place, picture in decode(movie, count):
            decoded.append(place)
            yield place, picture

    monkeypatch.setattr(film_module, "decode_clip", tell)
    return decoded


def test_a_key_frame_is_decoded_once_and_is_the_same_for_all(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_media(clip) as (media, source):
        alone = [ask(Film(media, source), *wanted) for wanted in WANTED]
        decoded = count_decoded(monkeypatch)
        film = Film(media, source)
        together = [ask(film, *wanted) for wanted in WANTED]
        again = [ask(film, *wanted) for wanted in WANTED]
    assert together == alone == again
    assert [len(pictures) for pictures in alone] == [count for count, _ in WANTED]
    assert len(decoded) == len({time_s for pictures in alone for time_s, _ in pictures}) < sum(map(len, alone))


def test_what_there_is_no_room_for_is_decoded_anew(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_media(clip) as (media, source):
        expected = [ask(Film(media, source), *wanted) for wanted in WANTED]
        monkeypatch.setattr(film_module, "MAX_KEPT_BYTES", 10 * SIZE[0] * SIZE[1] * 3 + 1)
        decoded = count_decoded(monkeypatch)
        film = Film(media, source)
        assert [ask(film, *wanted) for wanted in WANTED] == expected
        first = len(decoded)
        assert [ask(film, *wanted) for wanted in WANTED] == expected
    # Ten of the pictures are kept, and some of these are asked for several times.
    assert first < len(decoded) < 2 * first


def test_nobody_writes_into_a_shared_picture(clip: Path) -> None:
    with open_media(clip) as (media, source):
        (_, picture), *_ = Film(media, source).key_pictures(6)
    with pytest.raises(ValueError, match="read-only"):
        picture[0, 0] = 0


def test_one_pass_steps_for_all(sparse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_media(sparse) as (media, source):
        alone = {count: Film(media, source).step(count) for count in (5, 10, 28)}
        opened = []
        open_capture = film_module.open_capture
        monkeypatch.setattr(film_module, "open_capture", lambda path: opened.append(path) or open_capture(path))
        film = Film(media, source, (10, 28))
        together = {count: film.step(count) for count in (10, 28)}
        assert len(opened) == 2, "once for the duration, once to step"
        together[5] = film.step(5)
    for count, frames in alone.items():
        assert len(frames) == count
        assert [time_s for time_s, _ in together[count]] == [time_s for time_s, _ in frames]
        assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(together[count], frames, strict=True))


def test_the_part_that_is_not_stepped_through_shows_its_key_frames(sparse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_module, "MAX_GRABBED", 40)
    with open_media(sparse) as (media, source):
        times = [frame.time_s for frame in sample_frames(Film(media, source), 24)]
    # Four seconds are stepped through; the key frame at 10 s is there beside.
    assert sum(time_s < 4.0 for time_s in times) >= 5
    assert [time_s for time_s in times if time_s >= 4.0] == pytest.approx([10.0], abs=0.15)
