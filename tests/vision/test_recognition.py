"""Footage without metadata against references, from file to verdict: what is recognised, and what must not be."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import clips
from builders.galleries import build_gallery, cropped, write_photo
from builders.heif import Item, build_heif
from builders.overlays import caption_banner, channel_logo, compress, scene, timestamp

from geoverify.model import VisualMatch
from geoverify.opencv import load_cv2
from geoverify.register.references import digest_indexes
from geoverify.report import encode_report
from geoverify.results import Report, VerdictKind
from geoverify.settings import Settings
from geoverify.verify import Kit, verify_file
from geoverify.vision import recognition
from geoverify.vision.matching import ReferenceMatch, match_frame
from geoverify.vision.recognition import TURNED_FRAMES
from geoverify.vision.texture import is_mere_texture
from geoverify.worker import Job, prepare_kit

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SIZE = (600, 800)
Picture = np.ndarray


def make_kit(register: Path) -> Kit:
    return prepare_kit(
        Job(registers=[str(register)], settings=Settings(), examined_at=NOW, references=digest_indexes([register]))
    )


def lay_over(picture: Picture) -> Picture:
    """The logo, the banner and the burned-in time of one channel."""
    for overlay in (channel_logo, caption_banner, timestamp):
        picture = overlay(picture, np.random.default_rng(5))[0]
    return picture


def with_fence(seed: int, pitch_px: int = 16, top_px: int = 350) -> Picture:
    picture = scene(seed, SIZE)
    picture[top_px:] = 90
    picture[top_px::pitch_px] = picture[top_px:, ::pitch_px] = 220
    return picture


def with_facade(seed: int, scale: float = 1.0, shear: float = 0.0) -> Picture:
    """Rows of the same windows on another building."""
    cv2, picture = load_cv2(), scene(seed, SIZE)
    front = np.full((350, 800, 3), (150, 170, 190), np.uint8)
    for y in range(20, 330, 70):
        for x in range(20, 780, 60):
            cv2.rectangle(front, (x, y), (x + 34, y + 44), (60, 50, 40), -1)
            cv2.line(front, (x + 17, y), (x + 17, y + 44), (210, 210, 210), 2)
    move = np.array([[scale, shear, 40 * shear], [0.3 * shear, scale, 250.0]], np.float32)
    covered = cv2.warpAffine(np.full(front.shape[:2], 255, np.uint8), move, SIZE[::-1]) > 0
    picture[covered] = cv2.warpAffine(front, move, SIZE[::-1])[covered]
    grain = np.random.default_rng(seed).normal(0, 9, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    # Three views of DM01 beside each other, and other sites' under a channel's overlays, behind a fence, with a facade.
    wide = scene(1, (600, 1300))
    photos = {
        "DM01": [np.ascontiguousarray(wide[:, x : x + 800]) for x in (0, 250, 500)],
        "DM02": [lay_over(scene(2, SIZE))],
        "DM03": [with_fence(3)],
        "DM04": [with_facade(4)],
        "DM05": [scene(5, SIZE)],
    }
    made = make_kit(build_gallery(tmp_path_factory.mktemp("register"), photos))
    yield made
    for gallery in made.galleries:
        gallery.index.close()


def examine(kit: Kit, path: Path) -> Report:
    return verify_file(path, kit, NOW)


def test_a_clip_without_metadata_that_matches_three_references_names_the_site(kit: Kit, tmp_path: Path) -> None:
    wide = scene(1, (600, 1300))

    def pan(number: int) -> Picture:
        x = 30 + 100 * (number // 5)
        return compress(load_cv2().resize(np.ascontiguousarray(wide[40:560, x : x + 700]), (640, 480)), 50)

    cv2, path = load_cv2(), tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 5, (640, 480))
    for number in range(25):
        writer.write(pan(number))
    writer.release()
    report = examine(kit, path)
    assert (report.verdict.kind, report.verdict.site_codes) == (VerdictKind.CONSISTENT, ("DM01",)), report.verdict.wording
    matches = [
        item.value for item in report.observations if isinstance(item.value, VisualMatch) and item.value.site_code == "DM01"
    ]
    assert len({match.time_s for match in matches}) >= 5 and max(match.agreeing for match in matches) == 3
    (visual,) = [item for item in report.evidence if item.channel == "visual" and item.locates]
    assert len(visual.pictures) >= 2 and report.location is None
    assert "mirrored-picture" not in {problem.code for problem in report.problems}
    assert encode_report(examine(kit, path)) == encode_report(report)


OTHERS = {
    "overlays": lay_over(scene(41, SIZE)),
    "overlays elsewhere": lay_over(scene(42, SIZE)),
    "logo": channel_logo(scene(43, SIZE), np.random.default_rng(5))[0],
    "fence": with_fence(41),
    "fence nearer by": with_fence(42, pitch_px=19, top_px=300),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_many_places_share_is_no_match(kit: Kit, tmp_path: Path, name: str) -> None:
    report = examine(kit, write_photo(tmp_path / "a.jpg", compress(OTHERS[name], 60)))
    assert report.verdict.kind is VerdictKind.INCONCLUSIVE
    assert not any(item.locates for item in report.evidence)


@pytest.mark.parametrize(("scale", "shear"), [(0.7, 0.0), (0.8, 0.0), (0.9, 0.12), (1.15, 0.05)])
def test_the_same_facade_of_another_building_is_no_match(kit: Kit, tmp_path: Path, scale: float, shear: float) -> None:
    report = examine(kit, write_photo(tmp_path / "a.jpg", compress(with_facade(42, scale, shear), 60)))
    assert not any(item.locates for item in report.evidence)


def test_a_view_from_the_same_spot_is_no_overlay(kit: Kit, tmp_path: Path) -> None:
    report = examine(kit, write_photo(tmp_path / "a.jpg", compress(scene(5, SIZE), 50)))
    assert report.verdict.site_codes == ("DM05",)


def test_a_clip_held_sideways_is_looked_at_turned_and_another_in_few_frames_alone(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []

    def match(*args: Any, looks_turned: bool) -> list[ReferenceMatch]:
        looks.append(looks_turned)
        return match_frame(*args, looks_turned=looks_turned)

    def match_nothing(*_: Any, looks_turned: bool) -> list[ReferenceMatch]:
        looks.append(looks_turned)
        return []

    monkeypatch.setattr(recognition, "match_frame", match)

    def film(name: str, seed: int, quarters: int) -> Report:
        cv2, path = load_cv2(), tmp_path / name
        size = (480, 640) if quarters % 2 else (640, 480)
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 1, size)
        wide = scene(seed, (600, 1000))
        for number in range(9):
            view = cv2.resize(np.ascontiguousarray(wide[40:560, 20 * number : 20 * number + 700]), (640, 480))
            writer.write(np.ascontiguousarray(np.rot90(view, quarters)))
        writer.release()
        looks.clear()
        return examine(kit, path)

    turned = film("turned.avi", 5, 1)
    assert turned.verdict.site_codes == ("DM05",) and all(looks) and len(looks) > TURNED_FRAMES
    monkeypatch.setattr(recognition, "match_frame", match_nothing)
    assert film("other.avi", 45, 0).verdict.kind is VerdictKind.INCONCLUSIVE
    assert sum(looks) == TURNED_FRAMES < len(looks)


def page(count: int, scale: float, ground: int, ink: int) -> Picture:
    cv2 = load_cv2()
    picture = np.full((720, 1280, 3), ground, np.uint8)
    for line in range(count):
        text = ("they told us that the gate", "was opened only at night and", "nobody left the building")[line % 3]
        cv2.putText(picture, text, (40, round(60 + 60 * line * scale)), cv2.FONT_HERSHEY_SIMPLEX, scale, (ink,) * 3, 2)
    return picture


BLANKS = {
    "black": np.zeros((480, 640, 3), np.uint8),
    "white": np.full((480, 640, 3), 255, np.uint8),
    "gradient": np.repeat(np.repeat(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], 480, 0), 3, 2),
    "noise": np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8),
    "coarse noise": np.repeat(np.repeat(np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8), 2, 0), 2, 1),
    "page": page(10, 1.0, 255, 0),
    "few words": page(3, 1.2, 0, 255),
    "large words": page(4, 2.5, 40, 230),
}


@pytest.mark.parametrize("name", BLANKS)
def test_a_frame_of_nothing_is_told_as_such(kit: Kit, tmp_path: Path, name: str) -> None:
    for path in (tmp_path / "a.png", tmp_path / "a.jpg"):
        path.write_bytes(clips.encode_picture(path.suffix, BLANKS[name]))
        report = examine(kit, path)
        assert report.verdict.kind is VerdictKind.INCONCLUSIVE and not report.evidence
        (absence,) = [item for item in report.absences if item.what == "place in the picture"]
        assert "too little texture" in absence.detail


def test_photographs_are_more_than_texture(shared: Path) -> None:
    paths = sorted((shared / "corpora" / "visual" / "reference").iterdir())[::12]
    assert len(paths) >= 10
    for path in paths:
        assert not is_mere_texture(load_cv2().imread(str(path), 0)), path.name


def test_a_heic_still_says_that_it_is_not_decoded(kit: Kit, tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(build_heif(Item(b"hvc1", bytes(range(256)))))
    (absence,) = [item for item in examine(kit, path).absences if item.what == "place in the picture"]
    assert "image/heic is not decoded here" in absence.detail and "JPEG" in absence.detail


def test_footage_is_no_witness_of_itself(kit: Kit, tmp_path: Path) -> None:
    (reference,) = [item for item in kit.galleries[0].index.references if item.site_code == "DM05"]
    photos = kit.galleries[0].photos
    assert photos is not None
    (photo,) = photos.glob(f"{reference.photo_digest}.*")
    assert examine(kit, photo).verdict.kind is VerdictKind.INCONCLUSIVE
    again = examine(kit, write_photo(tmp_path / "a.jpg", cropped(5)))
    assert again.verdict.site_codes == ("DM05",)
