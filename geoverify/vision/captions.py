"""What was written over a picture: caption boxes and banners, lines of text, burned-in times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Hidden = NDArray[np.bool_]
Luma = NDArray[np.uint8]

# --- boxes: shares of the picture's width or height, and luma steps
MIN_BOX_WIDTH, MIN_BOX_HEIGHT, MAX_BOX_HEIGHT = 0.12, 0.022, 0.5
# Sobel's gradient under which a pixel belongs to a flat box, after compression.
FLAT_GRADIENT = 24.0
# Of a box, this share of its area is its one colour, and of lines so far inside its straight sides that share.
MIN_BOX_FILL, BOX_INSET, MIN_SIDE_FILL = 0.3, 0.1, 0.75
BOX_DEVIATION, MIN_BOX_LETTERS = 5.0, 2

# --- letters: shares of the picture's height, then ratios
MIN_LETTER_HEIGHT, MAX_LETTER_HEIGHT = 0.011, 0.09
MAX_LETTER_ASPECT = 4.0
# A stroke is at most this share of a letter's height; windows and doors are as thick as they are wide.
MAX_STROKE = 0.36
# Luma steps between a letter and what surrounds it.
MIN_LETTER_CONTRAST = 45.0
# Text over a picture is of one colour, level and on one line to the pixel; a sign seen in perspective is not.
MAX_LINE_DEVIATION, MAX_LINE_SLOPE = 9.0, 0.008
MIN_LETTERS = 5
# How even the ground of dark letters is from one to the next.
MAX_GROUND_DEVIATION = 16.0
# Letters differ in width and area; the windows of a front do not.
MIN_VARIETY = 0.25
# Of its box, a letter fills about half; a pane of glass fills it.
MAX_LINE_FILL = 0.8
# The digits of a time do not either, but so many stand in a row and are of one height to the pixel.
MIN_DIGITS, MAX_DIGIT_DEVIATION = 8, 0.06
# The share of a line's pixels that change the same way across a half-transparent strip's edge.
EDGE_LINE_SHARE = 0.8
LEVELS = ((170, True), (205, True), (235, True), (60, False), (28, False))
MIN_YELLOWNESS = 80


@dataclass(frozen=True, slots=True)
class _Letter:
    left: int
    top: int
    width: int
    height: int
    area: int
    luma: float
    ground: float

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


def find_captions(picture: Picture) -> Hidden:
    """Which pixels of a picture (BGR, reduced) lie in a box of text or under a line of text."""
    cv2 = load_cv2()
    hidden = np.zeros(picture.shape[:2], np.bool_)
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    lines = [line for level, is_bright in LEVELS for line in _group(list(_find_letters(luma, level, is_bright)))]
    lines += _group(list(_find_letters(_yellowness(picture), MIN_YELLOWNESS, is_bright=True)))
    for line in lines:
        pad = max(2, round(0.35 * np.median([letter.height for letter in line])))
        top, bottom = min(letter.top for letter in line), max(letter.bottom for letter in line)
        left, right = min(letter.left for letter in line), max(letter.right for letter in line)
        hidden[max(0, top - pad) : bottom + pad, max(0, left - pad) : right + pad] = True
    for top, bottom, left, right in [*_find_boxes(luma, lines), *_find_strips(luma, lines)]:
        hidden[top:bottom, left:right] = True
    return hidden


def _yellowness(picture: Picture) -> Luma:
    """How yellow each pixel is: what red and green have in common and blue has not."""
    cv2 = load_cv2()
    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.subtract(cv2.min(green, red), blue), np.uint8)


def _find_letters(luma: Luma, level: int, is_bright: bool) -> Iterator[_Letter]:
    cv2 = load_cv2()
    high = luma.shape[0]
    binary = np.where(luma >= level if is_bright else luma <= level, np.uint8(255), np.uint8(0))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    height, width, area = (stats[:, column] for column in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    fits = (height >= max(6, MIN_LETTER_HEIGHT * high)) & (height <= MAX_LETTER_HEIGHT * high)
    fits &= (width <= MAX_LETTER_ASPECT * height) & (area >= 0.12 * width * height) & (area >= 8)
    fits[0] = False
    if not fits.any():
        return
    kept = np.where(fits, np.arange(count), 0)[labels].astype(np.float32)
    own, ring, rim = kept > 0, _grow(kept, 5), cv2.erode(binary, np.ones((3, 3), np.uint8)) == 0
    around = (ring > 0) & (binary == 0)

    def add_up(where: Hidden, names: NDArray[np.float32], values: Luma | None = None) -> NDArray[np.float64]:
        weights = None if values is None else values[where].astype(np.float64)
        return np.maximum(np.bincount(names[where].astype(np.intp), weights, minlength=count), 1e-9)

    size = add_up(own, kept)
    mean = add_up(own, kept, luma) / size
    outside = add_up(around, ring, luma) / add_up(around, ring)
    # A line of width w and length l has 2 l pixels along its rim.
    stroke_px = 2.0 * size / add_up(own & rim, kept)
    fits &= (stroke_px <= MAX_STROKE * height + 2.0) & (np.abs(mean - outside) >= MIN_LETTER_CONTRAST)
    for number in np.flatnonzero(fits):
        left, top, wide_px, high_px, size_px = (int(value) for value in stats[number])
        yield _Letter(left, top, wide_px, high_px, size_px, float(mean[number]), float(outside[number]))


def _grow(names: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    return np.asarray(load_cv2().dilate(names, np.ones((size_px, size_px), np.uint8)), np.float32)


def _group(letters: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    """Letters side by side, of one height and colour, on one level line."""
    rest = sorted(letters, key=lambda letter: letter.left)
    while rest:
        line = [rest.pop(0)]
        for letter in list(rest):
            near = line[-3:]
            if any(_is_next(before, letter) for before in near):
                line.append(letter)
                rest.remove(letter)
        if _is_text(line):
            yield line


def _is_next(before: _Letter, letter: _Letter) -> bool:
    tall = max(before.height, letter.height)
    gap = letter.left - before.right
    overlap = min(before.bottom, letter.bottom) - max(before.top, letter.top)
    return (
        -0.3 * tall <= gap <= 1.4 * tall
        and overlap > 0.55 * min(before.height, letter.height)
        and tall <= 2.0 * min(before.height, letter.height)
        and abs(before.luma - letter.luma) < 20
    )


def _is_text(line: Sequence[_Letter]) -> bool:
    if len(line) < MIN_LETTERS:
        return False
    heights = np.array([letter.height for letter in line], np.float64)
    widths = np.array([letter.width for letter in line], np.float64)
    lefts = np.array([letter.left for letter in line], np.float64)
    bottoms = np.array([letter.bottom for letter in line], np.float64)
    if np.std([letter.luma for letter in line]) > MAX_LINE_DEVIATION:
        return False
    # Dark letters are written on an even ground; the dark openings of a front are set in anything.
    grounds = np.array([letter.ground for letter in line], np.float64)
    is_dark = float(np.mean([letter.luma for letter in line])) < float(grounds.mean())
    if is_dark and float(grounds.std()) > MAX_GROUND_DEVIATION:
        return False
    # Most letters stand on the base line: those below it (g, p, commas) and above it are few.
    base = float(np.median(bottoms))
    on_base = np.abs(bottoms - base) <= max(1.0, 0.04 * float(heights.max()))
    if on_base.mean() < 0.6 or on_base.sum() < MIN_LETTERS - 1:
        return False
    span = float(np.ptp(lefts[on_base]))
    if span <= 0 or abs(float(np.polyfit(lefts[on_base], bottoms[on_base], 1)[0])) > max(MAX_LINE_SLOPE, 1.0 / span):
        return False
    fills = np.array([letter.area / (letter.width * letter.height) for letter in line])
    if float(np.median(fills)) > MAX_LINE_FILL:
        return False
    variety = float(widths.std() / widths.mean()) + float(fills.std() / fills.mean())
    is_exact = len(line) >= MIN_DIGITS and float(heights.std() / heights.mean()) <= MAX_DIGIT_DEVIATION
    return variety >= MIN_VARIETY or is_exact


def _find_boxes(luma: Luma, lines: Sequence[Sequence[_Letter]]) -> Iterator[tuple[int, int, int, int]]:
    """Level boxes of one flat colour that hold a line of text or lie along a border."""
    cv2 = load_cv2()
    high, wide = luma.shape
    across, down = (cv2.Sobel(luma, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
    flat = (np.abs(across) + np.abs(down) < FLAT_GRADIENT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    height, width, area = (stats[:, column] for column in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    fits = (width >= MIN_BOX_WIDTH * wide) & (height >= MIN_BOX_HEIGHT * high) & (height <= MAX_BOX_HEIGHT * high)
    fits &= area >= MIN_BOX_FILL * width * height
    letters = np.array([(x.left, x.top + x.height / 2) for line in lines for x in line], np.float64).reshape(-1, 2)
    for number in np.flatnonzero(fits[1:count]) + 1:
        left, top, width_px, height_px, _ = (int(value) for value in stats[number])
        own = labels[top : top + height_px, left : left + width_px] == number
        # Ringing makes the very edge ragged.
        inset = max(1, round(BOX_INSET * height_px))
        sides = (own[inset], own[-1 - inset], own[:, inset], own[:, -1 - inset])
        if min(float(side.mean()) for side in sides) < MIN_SIDE_FILL:
            continue
        if float(luma[top : top + height_px, left : left + width_px][own].std()) > BOX_DEVIATION:
            continue
        place = letters - (left, top)
        inside = ((place >= 0) & (place < (width_px, height_px))).all(axis=1)
        if inside.sum() >= MIN_BOX_LETTERS or _has_letter_holes(own):
            yield max(0, top - 3), top + height_px + 3, max(0, left - 3), left + width_px + 3


def _has_letter_holes(own: Hidden) -> bool:
    """Whether what is not of a box's colour could be letters: several tall pieces that take up a part of it."""
    cv2 = load_cv2()
    holes = (~own).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT]
    return bool(count > MIN_LETTERS and (tall > 0.15 * own.shape[0]).sum() >= MIN_BOX_LETTERS and 0.03 < holes.mean() < 0.6)


def _find_strips(luma: Luma, lines: Sequence[Sequence[_Letter]]) -> Iterator[tuple[int, int, int, int]]:
    """Half-transparent strips over the whole width: text between two level lines at which everything grows darker or lighter."""
    high, wide = luma.shape
    if not lines:
        return
    signed = luma[2:].astype(np.int16) - luma[:-2]
    darker, lighter = (signed < -6).mean(axis=1), (signed > 6).mean(axis=1)
    edges = np.flatnonzero(np.maximum(darker, lighter) > EDGE_LINE_SHARE) + 1
    for line in lines:
        top, bottom = min(letter.top for letter in line), max(letter.bottom for letter in line)
        reach = 4 * (bottom - top)
        above = [int(y) for y in edges if top - reach <= y <= top]
        below = [int(y) for y in edges if bottom <= y <= bottom + reach]
        # A strip along the lower border has no edge below it.
        if bottom + reach >= high:
            below.append(high)
        if top - reach <= 0:
            above.append(0)
        if above and below and (max(above) > 0 or min(below) < high):
            yield max(0, max(above) - 2), min(below) + 2, 0, wide
