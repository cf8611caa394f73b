"""Videos against each other and against stills: copies that were trimmed or mirrored are linked, other films are not."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from builders.clips import HEIGHT, WIDTH, write_clip
from builders.overlays import compress, scene

from geoverify.doubles.gathering import gather
from geoverify.doubles.linking import Likeness, find_links
from geoverify.doubles.records import Recording
from geoverify.doubles.search import find_candidates
from geoverify.media import open_media
from geoverify.model import FramePrint, MediaKind, Observation, PictureHash
from geoverify.opencv import load_cv2
from geoverify.vision.film import Film
from geoverify.vision.print_matching import ReadyPrint
from geoverify.vision.printing import take_prints
from geoverify.vision.prints import take_print

FRAMES = 72


def pan(seed: int, start: int = 0, *, mirrored: bool = False):
    """A camera that moves over a drawn front, frame by frame from some frame on."""
    picture = scene(seed, (420, 640))

    def paint(number: int) -> np.ndarray:
        at = 4 * (number + start)
        frame = picture[at // 3 : at // 3 + HEIGHT, at : at + WIDTH]
        return np.ascontiguousarray(frame[:, ::-1] if mirrored else frame)

    return paint


def read(path: Path, count: int = 8) -> Recording:
    with open_media(path) as (media, source):
        found = list(take_prints(Film(media, source), count))
    prints = tuple(item for item in found if isinstance(item, FramePrint))
    hashes = [item for item in found if isinstance(item, Observation) and isinstance(item.value, PictureHash)]
    assert len(hashes) >= len(prints) > 0
    return Recording(digest=path.stem, kind=media.kind, files=(), prints=prints)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    folder = tmp_path_factory.mktemp("films")
    films = {
        "film": (FRAMES, pan(1)),
        "mirror": (FRAMES - 5, pan(1, 5, mirrored=True)),
        "other": (FRAMES, pan(2)),
        "trimmed": (FRAMES - 29, pan(1, 19)),
    }
    for name, (count, paint) in films.items():
        write_clip(folder / f"{name}.mp4", count, paint)
    still = folder / "still.jpg"
    still.write_bytes(bytes(load_cv2().imencode(".jpg", pan(1)(36))[1]))
    return {path.stem: read(path) for path in (*(folder / f"{name}.mp4" for name in films), still)}


def links_of(recordings: dict[str, Recording], *names: str):
    chosen = [recordings[name] for name in sorted(names)]
    return {(link.one, link.other): link for link in find_links(chosen, set(names))}


def test_a_trimmed_copy_is_linked_in_the_order_of_time(recordings: dict[str, Recording]) -> None:
    (link,) = links_of(recordings, "film", "trimmed").values()
    assert link.likeness in (Likeness.RECOMPRESSED, Likeness.CROPPED, Likeness.CUT)
    assert "earlier in the second" in link.why


def test_a_mirrored_copy_is_linked_as_such(recordings: dict[str, Recording]) -> None:
    assert links_of(recordings, "film", "mirror")["film", "mirror"].likeness is Likeness.MIRRORED


def test_a_still_is_linked_with_its_film(recordings: dict[str, Recording]) -> None:
    assert ("film", "still") in links_of(recordings, "film", "still")


def test_another_film_is_not_linked(recordings: dict[str, Recording]) -> None:
    assert (
        links_of(recordings, "other", "film", "trimmed", "mirror", "still")
        .keys()
        .isdisjoint((("film", "other"), ("mirror", "other"), ("other", "still"), ("other", "trimmed")))
    )


def test_frames_in_another_order_are_another_film() -> None:
    prints = tuple(take_print(scene(20 + shot, (240, 320)), float(shot)).frame for shot in range(3))
    film, same, turned = (
        Recording(digest=name, kind=MediaKind.VIDEO, files=(), prints=kept)
        for name, kept in (("film", prints), ("same", prints), ("turned", prints[::-1]))
    )
    assert len(find_links([film, same], {"film"})) == 1
    assert not find_links([film, turned], {"film"})


def test_one_shared_frame_of_many_links_no_videos(recordings: dict[str, Recording]) -> None:
    film, other = recordings["film"], recordings["other"]
    ident = msgspec.structs.replace(other, digest="ident", prints=(film.prints[0], *other.prints))
    assert not find_links([film, ident], {"film", "ident"})


def test_earlier_footage_is_not_compared_with_itself(recordings: dict[str, Recording]) -> None:
    chosen = [recordings[name] for name in ("film", "other", "trimmed")]
    assert find_links(chosen, {"other"}) == []
    assert [(link.one, link.other) for link in find_links(chosen, {"film"})] == [("film", "trimmed")]


def test_recordings_without_prints_are_linked_with_nothing() -> None:
    bare = [Recording(digest=name, kind=MediaKind.VIDEO, files=(), prints=()) for name in "ab"]
    assert find_links(bare, {"a", "b"}) == []


def test_near_hashes_are_candidates_though_no_point_is_there() -> None:
    dice = np.random.default_rng(1)
    hashes = [bytes(dice.integers(0, 256, 32, dtype=np.uint8)) for _ in range(40)]
    hashes[7] = bytes([hashes[3][0] ^ 5, *hashes[3][1:20], hashes[3][20] ^ 1, *hashes[3][21:]])
    mirrors = [bytes(dice.integers(0, 256, 32, dtype=np.uint8)) for _ in hashes]
    mirrors[9] = hashes[30]
    frames = [
        FramePrint(version=1, time_s=0.0, width_px=512, height_px=384, pdq=one.hex(), mirror_pdq=other.hex(), points=b"")
        for one, other in zip(hashes, mirrors, strict=True)
    ]
    ready = [ReadyPrint.of(frame) for frame in frames]
    points = [(item.plain, item.mirrored) for item in ready]
    found = find_candidates(frames, points, np.arange(len(frames)), np.ones(len(frames), bool))
    assert list(zip(found.one.tolist(), found.other.tolist(), found.mirrored.tolist(), strict=True)) == [
        (3, 7, False),
        (9, 30, True),
    ]


def copy_in_nine_ways(picture: np.ndarray) -> dict[str, np.ndarray]:
    """A picture and what becomes of it online."""
    cv2 = load_cv2()
    high, wide = picture.shape[:2]
    crop = picture[high // 20 : -(high // 20), wide // 20 : -(wide // 20)]
    captioned = picture.copy()
    captioned[high * 4 // 5 :] = 0
    cv2.putText(captioned, "AT THE GATE", (20, high * 9 // 10), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)
    return {
        "source": picture,
        "crop": crop,
        "cropped mirror": compress(np.ascontiguousarray(crop[:, ::-1]), 60),
        "caption": captioned,
        "grey": cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
        "letterbox": cv2.copyMakeBorder(picture, high // 6, high // 6, 0, 0, cv2.BORDER_CONSTANT),
        "mirror": np.ascontiguousarray(picture[:, ::-1]),
        "recompressed": compress(picture, 30),
        "small": cv2.resize(picture, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA),
        "small crop": cv2.resize(picture[high // 8 : -(high // 8), wide // 8 : -(wide // 8)], None, fx=0.4, fy=0.4),
    }


@pytest.mark.parametrize("seed", [3, 5])
def test_nine_copies_of_one_source_are_one_group_and_none_parts_another(seed: int) -> None:
    made = {
        name: Recording(digest=name, kind=MediaKind.IMAGE, files=(), prints=(take_print(frame, 0.0).frame,))
        for name, frame in copy_in_nine_ways(scene(seed, (540, 960))).items()
    }
    links = find_links([made[name] for name in sorted(made)], set(made))
    before: list[tuple[str, ...]] = []
    for count in range(2, len(made) + 1):
        known = list(made)[:count]
        after = list(gather(known, [item for item in links if {item.one, item.other} <= set(known)], {}).groups)
        assert all(any(set(group) <= set(larger) for larger in after) for group in before)
        before = after
    assert before == [tuple(sorted(made))]
