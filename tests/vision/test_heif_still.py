"""HEIC pictures: decoded, put together from their tiles and turned once; what lies about its size costs nothing."""

import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.heic import FLIP_LEFT_RIGHT, FLIP_UP_DOWN, HALF, QUARTER_LEFT, Property, build_heic
from builders.heif import Item, build_heif, full_box
from builders.overlays import Picture, scene
from builders.tiff import build_exif, camera_tags

from geoverify.containers.heif_picture import find_coded_picture
from geoverify.errors import MalformedError
from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import Absent, Keyframe, MediaFile, Observation, Problem, Reason
from geoverify.opencv import load_cv2
from geoverify.vision.figures import sample_keyframes
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames
from geoverify.vision.heif_still import decode_heif


def film_of(data: bytes) -> Film:
    kind, media_type = sniff_type(data)
    assert media_type == "image/heic"
    return Film(MediaFile(path="photo", kind=kind, media_type=media_type, size_bytes=len(data), digest=None), MemorySource(data))


def difference(film: Film, expected: Picture) -> float:
    assert film.is_decodable and film.still is not None
    assert film.still.shape == expected.shape
    return float(np.abs(film.still.astype(int) - expected).mean())


@pytest.fixture(scope="module")
def picture() -> Picture:
    """Smooth enough for chroma at half its size, and different in every corner."""
    return np.asarray(load_cv2().GaussianBlur(scene(5, (200, 296)), (0, 0), 2), np.uint8)


@pytest.mark.parametrize("tile_px", [0, 64, 128])
def test_a_picture_is_put_together_from_its_tiles(picture: Picture, tile_px: int) -> None:
    assert difference(film_of(build_heic(picture, tile_px)), picture) < 4
    assert difference(film_of(build_heic(picture, tile_px)), picture[::-1]) > 12


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([QUARTER_LEFT], lambda picture: np.rot90(picture)),
        ([HALF], lambda picture: picture[::-1, ::-1]),
        ([FLIP_UP_DOWN], lambda picture: picture[::-1]),
        ([FLIP_LEFT_RIGHT], lambda picture: picture[:, ::-1]),
        ([QUARTER_LEFT, FLIP_LEFT_RIGHT], lambda picture: np.rot90(picture)[:, ::-1]),
        ([FLIP_LEFT_RIGHT, QUARTER_LEFT], lambda picture: np.rot90(picture[:, ::-1])),
    ],
)
def test_it_is_turned_as_the_file_says_and_not_once_more_by_exif(picture: Picture, turns: list[Property], expected) -> None:
    exif = build_exif(ifd0=camera_tags("Apple", "iPhone", "18.1", 6))
    assert difference(film_of(build_heic(picture, 64, turns, exif)), expected(picture)) < 4


def test_it_has_its_figures_and_is_a_frame_to_match(picture: Picture) -> None:
    film = film_of(build_heic(picture, 64))
    (found,) = sample_keyframes(film, 6)
    assert isinstance(found, Observation) and isinstance(found.value, Keyframe)
    assert found.value.brightness == pytest.approx(load_cv2().cvtColor(picture, 6).mean(), abs=3)
    assert found.value.warmth is not None
    (frame,) = sample_frames(film, 24)
    assert frame.time_s == 0.0 and frame.bgr.shape == picture.shape


def test_what_is_coded_otherwise_is_said_to_have_no_decoder() -> None:
    for data in (build_heif(Item(b"hvc1", b"\0" * 100)), build_heif(Item(b"av01", b"\0" * 100))):
        film = film_of(data)
        (missing,) = sample_keyframes(film, 6)
        assert isinstance(missing, Absent) and missing.reason is Reason.UNSUPPORTED
        assert sample_frames(film, 24) == []


@pytest.mark.parametrize("tile_px", [0, 64])
def test_a_size_over_the_limit_is_refused_before_anything_is_decoded(picture: Picture, tile_px: int) -> None:
    film = film_of(build_heic(picture, tile_px, stated_px=(60_000, 60_000)))
    before = time.process_time()
    (problem,) = sample_keyframes(film, 6)
    assert isinstance(problem, Problem) and problem.code == "cannot-decode" and "60000×60000" in problem.message
    assert time.process_time() - before < 0.5
    with pytest.raises(MalformedError):
        sample_frames(film, 24)


def test_tiles_of_another_size_than_stated_or_too_few_of_them_are_damage(picture: Picture) -> None:
    lies = (
        build_heic(picture, stated_px=(296, 208)),
        build_heic(picture, stated_px=(0, 0)),
        build_heic(picture, 64, stated_tiles=(3, 4)),
        build_heic(picture, 64, stated_tiles=(256, 256)),
    )
    for data in lies:
        (finding,) = sample_keyframes(film_of(data), 6)
        assert not isinstance(finding, Observation)


def test_tiles_that_do_not_cover_the_picture_are_no_picture(picture: Picture) -> None:
    assert film_of(build_heic(picture, 64, stated_px=(320, 256))).still is not None
    assert film_of(build_heic(picture, 64, stated_px=(321, 256))).still is None
    assert film_of(build_heic(picture, 64, stated_px=(320, 257))).still is None


def test_of_what_programs_may_show_in_two_ways_nothing_is_matched(picture: Picture) -> None:
    whole = build_heic(picture, 64)
    twice = build_heic(picture, 64, more=full_box(b"pitm", 0, b"\0\1"))
    assert find_coded_picture(MemorySource(whole)) is not None
    assert find_coded_picture(MemorySource(twice)) is None
    assert find_coded_picture(MemorySource(build_heic(picture, 64, [QUARTER_LEFT, QUARTER_LEFT]))) is None
    assert find_coded_picture(MemorySource(build_heic(picture, 64, [QUARTER_LEFT, FLIP_UP_DOWN]))) is not None


def test_tiles_that_share_their_bytes_are_refused(picture: Picture) -> None:
    source = MemorySource(build_heic(picture, 64))
    coded = find_coded_picture(source)
    assert coded is not None and decode_heif(source, coded) is not None
    with pytest.raises(MalformedError, match="longer together than the file"):
        tiny = {"tile_width_px": 8, "tile_height_px": 8, "width_px": 40, "height_px": 40}
        decode_heif(source, replace(coded, tiles=coded.tiles[:5] * 4000, **tiny))


def test_seeded_damage_ends_in_a_picture_or_in_words(picture: Picture) -> None:
    cv2 = load_cv2()
    whole = build_heic(picture, 64, [QUARTER_LEFT])
    dice, ended = random.Random(5), set()
    tables = whole.index(b"mdat")
    for number in range(80):
        mutant = bytearray(whole)
        for _ in range(dice.choice([1, 3, 20])):
            mutant[dice.randrange(30, tables if number % 2 else len(whole))] = dice.randrange(256)
        kind, media_type = sniff_type(bytes(mutant))
        media = MediaFile(path="photo", kind=kind, media_type=media_type, size_bytes=len(mutant), digest=None)
        film = Film(media, MemorySource(bytes(mutant)))
        ended |= {type(item).__name__ for item in sample_keyframes(film, 6)}
        try:
            assert len(sample_frames(film, 24)) <= 1
        except (MalformedError, MemoryError, cv2.error):
            ended.add("refused")
    assert {"Observation", "Problem", "Absent"} <= ended


def test_pictures_of_phones_are_decoded(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    sizes = {
        "exif-samples/heic/IMG_5195.HEIC": (2566, 3313),
        "exif-py/tests/resources/heic/mobile/HMD_Nokia_8.3_5G_hdr.heif": (4608, 3456),
        "pillow_heif/tests/images/heif_other/pug.heic": (4032, 3024),
    }
    for name, (width_px, height_px) in sizes.items():
        with open_media(folder / name) as (media, source):
            still = Film(media, source).still
        assert still is not None and still.shape == (height_px, width_px, 3)
        # A tile in a wrong place would show as edges along the grid.
        assert _seams(still) < 1.5


def _seams(picture: Picture) -> float:
    """How much stronger edges are along a grid of 512 pixels than elsewhere."""
    luma = picture.mean(axis=2)
    steps = np.abs(np.diff(luma, axis=1)).mean(axis=0)
    at = np.arange(511, len(steps), 512)
    return float(steps[at].mean() / steps.mean())
