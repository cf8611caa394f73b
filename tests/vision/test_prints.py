"""Perceptual hashes and prints: copies are known again, whatever was done to them, and other pictures are not."""

import msgspec
import numpy as np
import pytest
from builders.overlays import blurred_sides, caption_banner, compress, letterbox, scene

from geoverify.opencv import load_cv2
from geoverify.vision.perceptual import MIN_QUALITY, hash_picture
from geoverify.vision.print_matching import FrameMatch, ReadyPrint, compare_frames
from geoverify.vision.prints import POINT_COUNT, mirror_points, take_print, unpack_points

# Made by pdqhash 0.2.8, Facebook's own code, from the same pictures: the hash, that of the mirror image, the quality.
PUBLISHED = {
    1: (
        "e628a995e62aab95e46a416ee684a16fe685a16fe68de17ae690e17ae600e17a",
        "b355bcc0b375bec0b13f143bb350943ab350b43ab358a42fb145b42fb145b42f",
        100,
    ),
    2: (
        "23ffd4187caad41a7caad41e7ca2d41f7ca0dce07c9ad4e07c9ad4a07c9ad4a0",
        "76aa814d29ff814f29ff814b29f7814a29b589b529cb81b529ce81b529cf81f5",
        100,
    ),
    3: (
        "b795406ab795406abe95416aba95ea95156aea95156aea95156aea95156aea95",
        "e2c0153fe2c0153febc0143fefc0bfc0403fbfc0403fbfc0403fbfc0403fbfc0",
        100,
    ),
}


def waves(number: int) -> np.ndarray:
    y, x = np.mgrid[0:512, 0:512]
    value = sum(
        np.sin(x * k * (number % 7 + 1) / 97.0 + k * k) * np.cos(y * k * (number % 5 + 2) / 83.0 + k * number)
        for k in range(1, 14)
    )
    return np.clip(128 + 30 * value, 0, 255).astype(np.uint8)


def bits_between(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def compare(one: np.ndarray, other: np.ndarray, *, mirrored: bool = False) -> FrameMatch | None:
    here, there = (ReadyPrint.of(take_print(picture, 0.0).frame) for picture in (one, other))
    return compare_frames(here, there, mirrored=mirrored, still=True)


def shrink(picture: np.ndarray, share: float) -> np.ndarray:
    return load_cv2().resize(picture, None, fx=share, fy=share, interpolation=load_cv2().INTER_AREA)


@pytest.mark.parametrize("number", PUBLISHED)
def test_hashes_are_those_of_the_published_code(number: int) -> None:
    pdq, mirror_pdq, quality = PUBLISHED[number]
    found = hash_picture(waves(number))
    # The published code adds up in single precision: a wave at the median may fall to either side.
    assert bits_between(found.pdq, pdq) <= 2
    assert bits_between(found.mirror_pdq, mirror_pdq) <= 2
    assert found.quality == quality


def test_a_flat_picture_has_no_quality_and_no_hash() -> None:
    flat = np.full((300, 400, 3), 130, np.uint8)
    taken = take_print(flat, 0.0)
    assert taken.whole.quality < MIN_QUALITY
    assert (taken.frame.pdq, taken.frame.mirror_pdq, taken.frame.points) == (None, None, b"")


def test_the_mirrored_points_are_those_of_the_mirrored_picture() -> None:
    picture = scene(1)
    here = take_print(picture, 0.0).frame
    there = take_print(np.ascontiguousarray(picture[:, ::-1]), 0.0).frame
    mirrored, seen = mirror_points(unpack_points(here), here.width_px), unpack_points(there)
    bits = np.bitwise_count(mirrored.bits[:, None] ^ seen.bits[None]).sum(axis=2)
    assert np.median(bits.min(axis=1)) <= 2
    again = mirror_points(mirrored, here.width_px)
    assert np.array_equal(again.bits, unpack_points(here).bits)


def test_a_print_is_small_and_the_same_every_time() -> None:
    taken = take_print(scene(2), 1.5).frame
    assert taken == take_print(scene(2), 1.5).frame
    assert len(unpack_points(taken)) == POINT_COUNT
    assert len(taken.points) <= 21 * POINT_COUNT


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: compress(picture, 30),
        lambda picture: compress(shrink(picture, 0.4), 60),
        lambda picture: compress(picture[60:-10, 70:-20], 60),
        lambda picture: compress(caption_banner(picture, np.random.default_rng(3))[0], 60),
        lambda picture: compress(letterbox(picture, np.random.default_rng(3))[0], 60),
        lambda picture: compress(blurred_sides(picture, np.random.default_rng(3))[0], 60),
    ],
    ids=["recompressed", "resized", "cropped", "captioned", "letterboxed", "blurred sides"],
)
@pytest.mark.parametrize("seed", [1, 4])
def test_a_copy_is_known_and_its_mirror_image_as_such(change, seed: int) -> None:
    picture = scene(seed)
    copy = np.ascontiguousarray(change(picture))
    assert compare(picture, copy) is not None
    assert compare(picture, copy, mirrored=True) is None
    mirrored = np.ascontiguousarray(copy[:, ::-1])
    assert compare(picture, mirrored, mirrored=True) is not None
    assert compare(picture, mirrored) is None


def test_how_much_is_shown_tells_a_crop() -> None:
    picture = scene(5)
    match = compare(picture, np.ascontiguousarray(picture[40:-40, 50:-50]))
    assert match is not None
    assert match.here_share == pytest.approx((768 - 80) * (1024 - 100) / (768 * 1024), abs=0.03)
    assert match.there_share > 0.95


def test_other_pictures_are_no_copies_though_they_share_a_banner() -> None:
    dice = [np.random.default_rng(8) for _ in range(2)]
    one, other = (caption_banner(scene(seed), rng)[0] for seed, rng in zip((6, 7), dice, strict=True))
    assert compare(one, other) is None


def test_another_view_of_the_same_front_is_no_copy() -> None:
    cv2 = load_cv2()
    picture = scene(9)
    high, wide = picture.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    # As from some steps to the left: the near side grows by a twelfth.
    moved = np.array([[0, -high / 24], [wide, high / 24], [wide, high * 23 / 24], [0, high * 25 / 24]], np.float32)
    view = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, moved), (wide, high), borderMode=cv2.BORDER_REFLECT)
    assert compare(picture, view) is None


def test_points_of_another_layout_are_not_read() -> None:
    frame = take_print(scene(1), 0.0).frame
    assert len(unpack_points(msgspec.structs.replace(frame, version=frame.version + 1))) == 0
    assert len(unpack_points(msgspec.structs.replace(frame, points=frame.points[:-1]))) == 0


def test_bars_give_a_second_hash_which_is_that_of_the_picture_between_them() -> None:
    cv2 = load_cv2()
    picture = scene(3)
    taken = take_print(cv2.copyMakeBorder(picture, 120, 120, 0, 0, cv2.BORDER_CONSTANT), 0.0)
    assert taken.inner is not None
    bare = take_print(picture, 0.0)
    assert bare.inner is None
    assert bits_between(taken.inner.pdq, bare.whole.pdq) < 40 < bits_between(taken.whole.pdq, bare.whole.pdq)
