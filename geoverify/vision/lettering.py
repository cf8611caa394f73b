"""The words that a file's frames show: what was laid over them, which is the uploader's, and what stands in the scene."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import ratio

from geoverify.errors import MalformedError
from geoverify.model import (
    Absent,
    Finding,
    Observation,
    Problem,
    Provenance,
    Reason,
    TextInFrame,
    TextSnippet,
    TextSource,
    Who,
)
from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.text import MAX_TEXT_CHARS
from geoverify.vision.film import Film
from geoverify.vision.frames import SampledFrame, sample_frames
from geoverify.vision.keyframes import NoPicturesError
from geoverify.vision.masks import find_laid_over
from geoverify.vision.ocr import Line, Recogniser
from geoverify.words.folding import count_signs, fold

NAME = "lettering"
WHAT = "words in the picture"
# Shorter readings are specks that look like a letter.
MIN_SIGNS = 3
# Of one file so many texts at most are told: a newspaper fills a frame with hundreds.
MAX_SNIPPETS = 64
# Two readings of one text differ by a letter here and there (percent alike), and an overlay's box by this share of the frame.
ALIKE_PERCENT, SAME_PLACE_SHARE = 80.0, 0.02
# A text in so many frames at one place is an overlay; of two frames a camera held still makes any sign look like one.
MIN_STATIC_FRAMES = 3
# From this share of its box on, a text lies in what was laid over the picture.
MIN_COVERED_SHARE = 0.6
# Lines of one sign: their distance and the ratio of their heights, in heights, and how much of their widths they share.
MAX_LINE_GAP, MAX_HEIGHT_RATIO, MIN_SHARED_WIDTH = 0.9, 1.8, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """Words in one frame; the box in shares of its width and height."""

    frame: int
    text: str
    box: tuple[float, float, float, float]
    confidence: float
    covered: float


def read_lettering(film: Film, recogniser: Recogniser, settings: Settings) -> Iterator[Finding]:
    """Yield the words that a few frames of a file show, each text once, or why there are none."""
    try:
        frames = sample_frames(film, settings.ocr_frame_count)
    except NoPicturesError:
        frames = []
    except (MalformedError, MemoryError, load_cv2().error) as error:
        message = str(error) if isinstance(error, MalformedError) else f"OpenCV gives up on it ({type(error).__name__})"
        yield Problem(code="cannot-read-words", message=f"no words were looked for in the picture: {message}", where=NAME)
        return
    if not frames:
        detail = "no frame could be decoded, so none was searched for words"
        yield Absent(what=WHAT, reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    covers = find_laid_over([frame.bgr for frame in frames])
    texts = [
        text
        for number, (frame, cover) in enumerate(zip(frames, covers, strict=True))
        for text in _read_frame(number, frame, cover, recogniser, settings.min_ocr_confidence)
    ]
    if not texts:
        detail = f"no words were recognised in {len(frames)} frames"
        yield Absent(what=WHAT, reason=Reason.NOT_PRESENT, detail=detail, reader=NAME)
    for group in _gather(texts)[:MAX_SNIPPETS]:
        yield _tell(group, frames)


def _read_frame(
    number: int, frame: SampledFrame, cover: NDArray[np.bool_], recogniser: Recogniser, min_confidence: float
) -> Iterator[_Text]:
    height, width = frame.bgr.shape[:2]
    lines = (line for line in recogniser.read(frame.bgr) if line.confidence >= min_confidence)
    for block in _stack(lines):
        text = " ".join(line.text for line in block)[:MAX_TEXT_CHARS]
        if count_signs(fold(text)) < MIN_SIGNS:
            continue
        left, top = min(line.left for line in block), min(line.top for line in block)
        right, bottom = max(line.right for line in block), max(line.bottom for line in block)
        box = (_share(left, width), _share(top, height), _share(right, width), _share(bottom, height))
        part = cover[_pixels(box[1], box[3], cover.shape[0]), _pixels(box[0], box[2], cover.shape[1])]
        yield _Text(
            frame=number,
            text=text,
            box=box,
            confidence=round(min(line.confidence for line in block), 3),
            covered=float(part.mean()) if part.size else 0.0,
        )


def _share(at_px: float, size_px: int) -> float:
    return round(min(1.0, max(0.0, at_px / size_px)), 4)


def _pixels(first: float, last: float, size: int) -> slice:
    return slice(int(first * size), max(int(first * size) + 1, math.ceil(last * size)))


def _stack(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines of each sign or caption, from top to bottom: a name is often written on two."""
    blocks: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        block = next((block for block in blocks if _continues(block[-1], line)), None)
        if block is None:
            blocks.append([line])
        else:
            block.append(line)
    return blocks


def _continues(above: Line, line: Line) -> bool:
    heights = (above.bottom - above.top, line.bottom - line.top)
    shared = min(above.right, line.right) - max(above.left, line.left)
    return (
        max(heights) <= MAX_HEIGHT_RATIO * min(heights)
        and -0.5 * min(heights) <= line.top - above.bottom <= MAX_LINE_GAP * min(heights)
        and shared >= MIN_SHARED_WIDTH * min(above.right - above.left, line.right - line.left)
    )


def _gather(texts: Sequence[_Text]) -> list[list[_Text]]:
    """The readings of each text, whatever frames they are from."""
    groups: list[list[_Text]] = []
    for text in texts:
        folded = fold(text.text)
        group = next((group for group in groups if ratio(fold(group[0].text), folded) >= ALIKE_PERCENT), None)
        if group is None:
            groups.append([text])
        else:
            group.append(text)
    return groups


def _tell(group: Sequence[_Text], frames: Sequence[SampledFrame]) -> Finding:
    best = max(group, key=lambda text: text.confidence)
    overlaid = _is_overlaid(group, len(frames))
    left, top, right, bottom = best.box
    time_s = frames[best.frame].time_s
    seen = TextInFrame(
        time_s=time_s,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        confidence=best.confidence,
        overlaid=overlaid,
        frame_count=len(frames),
    )
    return Observation(
        value=TextSnippet(text=best.text, source=TextSource.OCR, seen=seen),
        provenance=Provenance(
            reader=NAME,
            field=f"{'overlay' if overlaid else 'sign'} in the frame at {time_s:.3f} s",
            raw=best.text,
            # Nobody who uploads writes a sign, but every editor and platform on the way may have encoded the pixels anew.
            who=Who.UPLOADER if overlaid else Who.EDITOR,
        ),
    )


def _is_overlaid(group: Sequence[_Text], frame_count: int) -> bool:
    """Whether a text stands at one place in all frames or, where it does not move, lies in what the masks call laid over.

    What moves through the frames belongs to the scene, however much a plate looks like a caption's box.
    """
    in_frames = {text.frame for text in group}
    standing = max(len({text.frame for text in group if _is_at_one_place(text, other)}) for other in group)
    if standing == frame_count >= MIN_STATIC_FRAMES:
        return True
    is_moving = standing < len(in_frames)
    return not is_moving and float(np.mean([text.covered for text in group])) >= MIN_COVERED_SHARE


def _is_at_one_place(one: _Text, other: _Text) -> bool:
    """Whether two readings of a text lie at one place; an edge may differ where a letter was missed."""
    sides = zip(one.box[:2], one.box[2:], other.box[:2], other.box[2:], strict=True)
    return all(_holds(*side) for side in sides)


def _holds(low: float, high: float, other_low: float, other_high: float) -> bool:
    """Whether two stretches share an end or their middle; where the frame's border cuts a text off is no end of it."""
    ends = [(one, other) for one, other in ((low, other_low), (high, other_high)) if 0.0 < one < 1.0 and 0.0 < other < 1.0]
    return any(abs(one - other) <= SAME_PLACE_SHARE for one, other in (*ends, ((low + high) / 2, (other_low + other_high) / 2)))
