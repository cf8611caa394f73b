"""Words in pictures: each told once, with its place; what is laid over is the uploader's, what stands in the scene is not."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from builders import clips
from builders.h264 import write_h264
from builders.overlays import Picture, moving_frames, scene

from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import Absent, Finding, MediaFile, Observation, Problem, Reason, TextSnippet, TextSource, Who
from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.vision.film import Film
from geoverify.vision.lettering import MAX_SNIPPETS, read_lettering
from geoverify.vision.masks import find_laid_over
from geoverify.vision.ocr import Line, Recogniser

SETTINGS = Settings()


class Teller:
    """Tells lines that a test makes up, for one frame after the other."""

    def __init__(self, tell: Callable[[int], Sequence[Line]]) -> None:
        self.tell, self.frames = tell, 0

    def read(self, bgr: Picture) -> list[Line]:
        self.frames += 1
        return list(self.tell(self.frames - 1))


def line(text: str, left: float = 10, top: float = 10, wide: float = 100, high: float = 20, confidence: float = 0.95) -> Line:
    return Line(text=text, left=left, top=top, right=left + wide, bottom=top + high, confidence=confidence)


def read_file(path: Path, teller: Recogniser) -> list[Finding]:
    with open_media(path) as (media, source):
        return list(read_lettering(Film(media, source), teller, SETTINGS))


def read_bytes(data: bytes, teller: Recogniser) -> list[Finding]:
    kind, media_type = sniff_type(data)
    media = MediaFile(path="file", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    return list(read_lettering(Film(media, MemorySource(data)), teller, SETTINGS))


def snippets(findings: Sequence[Finding]) -> list[tuple[TextSnippet, Who]]:
    return [(item.value, item.provenance.who) for item in findings if isinstance(item, Observation)]


def texts(findings: Sequence[Finding]) -> list[str]:
    return [snippet.text for snippet, _ in snippets(findings)]


def picture() -> bytes:
    return clips.encode_picture(".png", scene(1, (400, 800)))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [frame for frame in moving_frames(scene(2), 8, 2) for _ in range(5)]
    return write_h264(tmp_path_factory.mktemp("clips") / "sweep.mp4", frames, fps=5, key_every=5)


def test_a_line_has_its_text_its_box_in_shares_and_its_confidence() -> None:
    ((snippet, who),) = snippets(read_bytes(picture(), Teller(lambda _: [line("Salt Moon", 80, 100, 400, 40, 0.9)])))
    assert (snippet.text, snippet.source, who) == ("Salt Moon", TextSource.OCR, Who.EDITOR)
    seen = snippet.seen
    assert seen is not None and not seen.overlaid
    assert (seen.left, seen.top, seen.right, seen.bottom) == (0.1, 0.25, 0.6, 0.35)
    assert (seen.confidence, seen.time_s, seen.frame_count) == (0.9, 0.0, 1)


def test_doubtful_and_short_readings_are_left_out() -> None:
    lines = [line("Salt Moon", confidence=0.69), line("ab", top=200), line("月光", top=300)]
    assert texts(read_bytes(picture(), Teller(lambda _: lines))) == ["月光"]


def test_lines_of_one_sign_are_one_text() -> None:
    lines = [line("CENTRE", 20, 62, 150, 40), line("SALT MOON", 10, 20, 180, 40), line("far below", 10, 300, 150, 40)]
    beside = line("other sign", 400, 50, 150, 40)
    found = texts(read_bytes(picture(), Teller(lambda _: [*lines, beside])))
    assert found == ["SALT MOON CENTRE", "other sign", "far below"]


def test_text_at_one_place_in_all_frames_is_the_uploaders(sweep: Path) -> None:
    def tell(frame: int) -> list[Line]:
        # The sign wanders, is misread once and hidden once.
        sign = [line("Sait Moon" if frame == 1 else "Salt Moon", 30 + 60 * frame, 200)] if frame != 2 else []
        return [line("Kanal 7 exclusive", 300, 300 + frame % 2), *sign]

    teller = Teller(tell)
    findings = {snippet.text: (snippet.seen, who) for snippet, who in snippets(read_file(sweep, teller))}
    assert teller.frames == SETTINGS.ocr_frame_count
    assert findings.keys() == {"Kanal 7 exclusive", "Salt Moon"}
    (overlay, uploader), (sign, editor) = findings["Kanal 7 exclusive"], findings["Salt Moon"]
    assert overlay is not None and sign is not None
    assert (overlay.overlaid, uploader) == (True, Who.UPLOADER)
    assert (sign.overlaid, editor) == (False, Who.EDITOR)


class PlateReader:
    """Reads one text on the white plate of each frame."""

    def read(self, bgr: Picture) -> list[Line]:
        rows, columns = np.nonzero((bgr > 235).all(axis=2))
        if not len(rows):
            return []
        top, bottom, left, right = (float(side) for side in (rows.min(), rows.max(), columns.min(), columns.max()))
        return [Line(text="Salt Moon", left=left, top=top, right=right, bottom=bottom, confidence=0.95)]


def plate_clip(path: Path, at: Callable[[int], int | None]) -> list[Picture]:
    """A street that passes by, with a caption-like white plate at a place in each frame, or none."""
    cv2 = load_cv2()
    street = np.minimum(scene(5, (360, 1400)), 200)
    frames = []
    for number in range(40):
        frame = np.ascontiguousarray(street[:, 8 * number : 8 * number + 640])
        left = at(number)
        if left is not None:
            cv2.rectangle(frame, (left, 120), (left + 300, 190), (255, 255, 255), -1)
            cv2.putText(frame, "SALT MOON", (left + 15, 170), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 160), 4)
        frames.append(frame)
    write_h264(path, frames, fps=10, key_every=5)
    return frames


def test_a_plate_that_passes_with_the_street_is_a_sign_though_it_looks_like_a_caption(tmp_path: Path) -> None:
    frames = plate_clip(tmp_path / "sign.mp4", lambda number: 320 - 8 * number)
    covers = find_laid_over(frames[::10])
    assert np.mean([cover[125:185, 330 - 80 * at : 600 - 80 * at].mean() for at, cover in enumerate(covers)]) > 0.6
    ((snippet, who),) = snippets(read_file(tmp_path / "sign.mp4", PlateReader()))
    assert snippet.seen is not None and (snippet.seen.overlaid, who) == (False, Who.EDITOR)


@pytest.mark.parametrize("until", [40, 22], ids=["throughout", "for half of the clip"])
def test_a_plate_that_stays_while_the_street_passes_is_the_uploaders(tmp_path: Path, until: int) -> None:
    plate_clip(tmp_path / "over.mp4", lambda number: 170 if number < until else None)
    ((snippet, who),) = snippets(read_file(tmp_path / "over.mp4", PlateReader()))
    assert snippet.seen is not None and (snippet.seen.overlaid, who) == (True, Who.UPLOADER)


def test_a_caption_of_which_a_letter_is_missed_stays_a_caption(sweep: Path) -> None:
    def tell(frame: int) -> list[Line]:
        # The sign with the same words wanders.
        return [line("Salt Moon Gate" if frame != 1 else "Salt Moon Gat", 300, 300, 200 - 15 * (frame == 1)), sign(frame)]

    def sign(frame: int) -> Line:
        return line("Salt Moon Gate", 30 + 60 * frame, 100, confidence=0.9)

    ((snippet, who),) = snippets(read_file(sweep, Teller(tell)))
    assert snippet.seen is not None and (snippet.seen.overlaid, who) == (True, Who.UPLOADER)


def test_a_sign_that_enters_at_the_border_moves(sweep: Path) -> None:
    wide = 614
    ((snippet, who),) = snippets(read_file(sweep, Teller(lambda at: [line("Salt Moon", wide - 60 - 40 * at, 200, 60 + 40 * at)])))
    assert snippet.seen is not None and (snippet.seen.overlaid, who) == (False, Who.EDITOR)


def test_a_picture_of_many_words_is_bounded() -> None:
    lines = [line(f"{number * 7919:08x}{number * 104729:08x}", 10 + 200 * (number % 3), 40 * number) for number in range(200)]
    assert len(texts(read_bytes(picture(), Teller(lambda _: lines)))) == MAX_SNIPPETS


def test_no_words_and_no_frames_are_absences_and_a_failure_is_a_problem() -> None:
    (none,) = read_bytes(picture(), Teller(lambda _: []))
    assert isinstance(none, Absent) and none.reason is Reason.NOT_PRESENT
    media = MediaFile(path="x", kind=sniff_type(picture())[0], media_type="image/heic", size_bytes=9, digest=None)
    (undecoded,) = read_lettering(Film(media, MemorySource(b"\0" * 9)), Teller(lambda _: []), SETTINGS)
    assert isinstance(undecoded, Absent) and undecoded.reason is Reason.UNSUPPORTED
    assert not any(isinstance(item, Problem) for item in (none, undecoded))


def test_boxes_beyond_the_border_stay_within_it() -> None:
    ((snippet, _),) = snippets(read_bytes(picture(), Teller(lambda _: [line("Salt Moon", -50, -5, 5000, 5000)])))
    assert snippet.seen is not None
    assert (snippet.seen.left, snippet.seen.top, snippet.seen.right, snippet.seen.bottom) == (0.0, 0.0, 1.0, 1.0)


def test_a_frame_without_area_is_read(tmp_path: Path) -> None:
    data = clips.encode_picture(".png", np.zeros((1, 1, 3), np.uint8))
    assert texts(read_bytes(data, Teller(lambda _: [line("Salt Moon", 0, 0, 1, 1)]))) == ["Salt Moon"]
