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
# Of a box, this share of its area is its one colour, and of each of its straight sides that share.
MIN_BOX_FILL, MIN_SIDE_FILL = 0.3, 0.8
BOX_DEVIATION = 5.0

# --- letters: shares of the picture's height, then ratios
MIN_LETTER_HEIGHT, MAX_LETTER_HEIGHT = 0.011, 0.11
MAX_LETTER_ASPECT = 4.0
# A stroke is at most this share of a letter's height; windows and doors are as thick as they are wide.
MAX_STROKE = 0.36
# Luma steps between a letter and what surrounds it, and how evenly it is coloured.
MIN_LETTER_CONTRAST, MAX_LETTER_DEVIATION = 50.0, 16.0
# Text over a picture is of one colour, level and on one line to the pixel; a sign seen in perspective is not.
MAX_LINE_DEVIATION, MAX_LINE_SLOPE = 9.0, 0.008
MIN_LETTERS = 5
# Letters differ in width and area; the windows of a front do not.
MIN_VARIETY = 0.16
LEVELS = ((205, True), (235, True), (60, False), (28, False))


@dataclass(frozen=True, slots=True)
class _Letter:
    left: int
    top: int
    width: int
    height: int
    area: int
    luma: float

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
    lumas = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)]
    lines = [line for luma in lumas for line in _find_lines(luma)]
    lines += _find_lines(_yellowness(picture))
    for line in lines:
        pad = max(2, round(0.35 * np.median([letter.height for letter in line])))
        top, bottom = min(letter.top for letter in line), max(letter.bottom for letter in line)
        left, right = min(letter.left for letter in line), max(letter.right for letter in line)
        hidden[max(0, top - pad) : bottom + pad, max(0, left - pad) : right + pad] = True
    for top, bottom, left, right in [*_find_boxes(lumas[0], lines), *_find_strips(lumas[0], lines)]:
        hidden[top:bottom, left:right] = True
    return hidden


def _yellowness(picture: Picture) -> Luma:
    """White where a pixel is as yellow as burned-in times are, else black."""
    blue, green, red = (picture[..., channel].astype(np.int16) for channel in range(3))
    return np.where((red > 170) & (green > 120) & (blue < 110) & (red - blue > 90), np.uint8(255), np.uint8(90))


def _find_lines(luma: Luma) -> Iterator[list[_Letter]]:
    for level, is_bright in LEVELS:
        yield from _group(list(_find_letters(luma, level, is_bright)))


def _find_letters(luma: Luma, level: int, is_bright: bool) -> Iterator[_Letter]:
    cv2 = load_cv2()
    high, wide = luma.shape
    binary = np.where(luma >= level if is_bright else luma <= level, np.uint8(255), np.uint8(0))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    if count > 6000:
        # A thicket or noise, in which no line of text could be told.
        return
    boxes = stats[1:]
    height, width, area = boxes[:, cv2.CC_STAT_HEIGHT], boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_AREA]
    fits = (height >= max(6, MIN_LETTER_HEIGHT * high)) & (height <= MAX_LETTER_HEIGHT * high)
    fits &= (width <= MAX_LETTER_ASPECT * height) & (area >= 0.12 * width * height) & (area >= 8)
    if not fits.any():
        return
    depth = cv2.distanceTransform(binary, cv2.DIST_L2, 3)
    for number in np.flatnonzero(fits) + 1:
        left, top, wide_px, high_px, size = (int(value) for value in stats[number])
        pad = 3
        rows, columns = slice(max(0, top - pad), top + high_px + pad), slice(max(0, left - pad), left + wide_px + pad)
        own = labels[rows, columns] == number
        if 2.0 * float(depth[rows, columns][own].max()) > MAX_STROKE * high_px + 2.0:
            continue
        patch = luma[rows, columns]
        inside = patch[own]
        grown = cv2.dilate(own.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)
        around = patch[grown & (binary[rows, columns] == 0)]
        if len(around) < 4 or abs(float(np.median(inside)) - float(np.median(around))) < MIN_LETTER_CONTRAST:
            continue
        if float(inside.std()) > MAX_LETTER_DEVIATION:
            continue
        yield _Letter(left, top, wide_px, high_px, size, float(np.median(inside)))


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
    # Most letters stand on the base line: those below it (g, p, commas) and above it are few.
    base = float(np.median(bottoms))
    on_base = np.abs(bottoms - base) <= max(1.0, 0.04 * float(heights.max()))
    if on_base.mean() < 0.6 or on_base.sum() < MIN_LETTERS - 1:
        return False
    span = float(np.ptp(lefts[on_base]))
    if span <= 0 or abs(float(np.polyfit(lefts[on_base], bottoms[on_base], 1)[0])) > max(MAX_LINE_SLOPE, 1.0 / span):
        return False
    fills = np.array([letter.area / (letter.width * letter.height) for letter in line])
    variety = float(widths.std() / widths.mean()) + float(fills.std() / fills.mean())
    return variety >= MIN_VARIETY * 2


def _find_boxes(luma: Luma, lines: Sequence[Sequence[_Letter]]) -> Iterator[tuple[int, int, int, int]]:
    """Level boxes of one flat colour that hold a line of text or lie along a border."""
    cv2 = load_cv2()
    high, wide = luma.shape
    across, down = (cv2.Sobel(luma, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
    flat = (np.abs(across) + np.abs(down) < FLAT_GRADIENT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if not (MIN_BOX_WIDTH * wide <= width and MIN_BOX_HEIGHT * high <= height <= MAX_BOX_HEIGHT * high):
            continue
        if area < MIN_BOX_FILL * width * height:
            continue
        own = labels[top : top + height, left : left + width] == number
        inset = max(1, round(0.04 * height))
        sides = (own[inset], own[-1 - inset], own[:, inset], own[:, -1 - inset])
        if min(float(side.mean()) for side in sides) < MIN_SIDE_FILL:
            continue
        if float(luma[top : top + height, left : left + width][own].std()) > BOX_DEVIATION:
            continue
        if _holds_text(own, lines, top, left):
            yield max(0, top - 3), top + height + 3, max(0, left - 3), left + width + 3


def _holds_text(own: Hidden, lines: Sequence[Sequence[_Letter]], top: int, left: int) -> bool:
    """Whether a box holds letters: enough of them, or a line of text that was found."""
    high, wide = own.shape
    letters = [letter for line in lines for letter in line]
    inside = [letter for letter in letters if top <= letter.top + letter.height / 2 < top + high and left <= letter.left < left + wide]
    if len(inside) >= 3:
        return True
    cv2 = load_cv2()
    holes = (~own).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=8)
    tall = stats[1:, cv2.CC_STAT_HEIGHT]
    return bool(count > MIN_LETTERS and (tall > 0.15 * high).sum() >= 2 and 0.04 < holes.mean() < 0.6)


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


# The share of a line's pixels that change the same way across a strip's edge.
EDGE_LINE_SHARE = 0.8
