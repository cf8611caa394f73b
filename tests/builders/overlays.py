"""What channels, platforms, cameras and recorders lay over pictures, with the pixels that each covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Covered = NDArray[np.bool_]
Overlaid = tuple[Picture, Covered]
WORDS = (
    "BREAKING",
    "Night market raid",
    "police at the gate",
    "Kanal 7 exclusive",
    "SHARE NOW",
    "live from the border",
    "subscribe",
)


def scene(seed: int, size: tuple[int, int] = (768, 1024)) -> Picture:
    """A street front without sky: boxes of many sizes and colours with windows askew, and grain."""
    cv2 = load_cv2()
    dice = np.random.default_rng(seed)
    high, wide = size
    picture = np.full((high, wide, 3), 120, np.uint8)
    for _ in range(160):
        x, y = dice.integers(0, wide), dice.integers(0, high)
        box = cv2.boxPoints(((float(x), float(y)), tuple(dice.uniform(15, 160, 2)), float(dice.uniform(3, 87))))
        cv2.fillPoly(picture, [box.astype(np.int32)], tuple(int(value) for value in dice.integers(20, 235, 3)))
    grain = dice.normal(0, 9, picture.shape)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def caption_banner(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """An opaque banner with a line of text, low in the picture."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    tall = round(high * dice.uniform(0.07, 0.14))
    top = round(high * dice.uniform(0.70, 0.98)) - tall
    left = 0 if dice.random() < 0.6 else round(0.08 * wide)
    colour = dice.integers(0, 2, 3) * dice.integers(120, 240) + dice.integers(0, 15)
    out[top : top + tall, left : wide - left] = colour
    covered[top : top + tall, left : wide - left] = True
    _write(out, str(dice.choice(WORDS)), (left + 0.05 * wide, top + 0.68 * tall), 0.42 * tall, _opposite(colour))
    return out, covered


def sheer_banner(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """A half-transparent black strip over the whole width with white text."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    tall = round(high * dice.uniform(0.08, 0.14))
    top = high - tall - round(high * dice.uniform(0.0, 0.12))
    out[top : top + tall] = (out[top : top + tall] * 0.4).astype(np.uint8)
    covered[top : top + tall] = True
    _write(out, f"{dice.choice(WORDS)} {dice.choice(WORDS)}", (0.05 * wide, top + 0.68 * tall), 0.36 * tall, (255, 255, 255))
    return out, covered


def outlined_text(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """White text with a black outline straight on the picture, as short videos have it."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    tall = high * dice.uniform(0.035, 0.06)
    at = (wide * dice.uniform(0.05, 0.2), high * dice.uniform(0.15, 0.9))
    text = str(dice.choice(WORDS))
    box = _write(out, text, at, tall, (0, 0, 0), outline=True)
    _write(out, text, at, tall, (255, 255, 255))
    covered[box] = True
    return out, covered


def timestamp(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """A camera's burned-in date and time in a corner, white or yellow."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    tall = high * dice.uniform(0.022, 0.04)
    text = f"2025-{dice.integers(1, 13):02}-{dice.integers(1, 29):02} {dice.integers(0, 24):02}:{dice.integers(0, 60):02}:07"
    at = (wide * float(dice.choice([0.03, 0.5])), high * float(dice.choice([0.06, 0.96])))
    covered[_write(out, text, at, tall, (255, 255, 255) if dice.random() < 0.5 else (40, 200, 250))] = True
    return out, covered


def letterbox(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """Black or white bars above and below, sometimes with a title on the upper one."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    tall = round(high * dice.uniform(0.06, 0.18))
    shade = 0 if dice.random() < 0.6 else 255
    out[:tall] = out[high - tall :] = shade
    covered[:tall] = covered[high - tall :] = True
    if dice.random() < 0.5:
        _write(out, str(dice.choice(WORDS)), (0.2 * wide, 0.7 * tall), 0.4 * tall, (255 - shade,) * 3)
    return out, covered


def blurred_sides(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """An upright video between two sides that show it again, enlarged and blurred."""
    cv2 = load_cv2()
    high, wide = picture.shape[:2]
    narrow = round(wide * dice.uniform(0.36, 0.6))
    left = (wide - narrow) // 2
    middle = picture[:, left : left + narrow]
    out = cv2.GaussianBlur(cv2.resize(middle, (wide, high)), (0, 0), wide * dice.uniform(0.012, 0.03))
    out[:, left : left + narrow] = middle
    covered = np.ones((high, wide), np.bool_)
    covered[:, left : left + narrow] = False
    return np.asarray(out, np.uint8), covered


def screen_recording(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """A phone's screen: a bar with clock and battery above, one with buttons below."""
    out, covered = _copy(picture)
    high, wide = covered.shape
    shade = int(dice.choice([0, 24, 250]))
    above, below = round(high * dice.uniform(0.04, 0.07)), round(high * dice.uniform(0.05, 0.08))
    out[:above] = out[high - below :] = shade
    covered[:above] = covered[high - below :] = True
    ink = (255 - shade,) * 3
    _write(out, f"{dice.integers(0, 24):02}:{dice.integers(0, 60):02}", (0.04 * wide, 0.72 * above), 0.5 * above, ink)
    cv2 = load_cv2()
    cv2.rectangle(out, (round(0.92 * wide), round(0.3 * above)), (round(0.97 * wide), round(0.7 * above)), ink, -1)
    middle = high - below // 2
    for at in (0.25, 0.5, 0.75):
        cv2.circle(out, (round(at * wide), middle), max(3, below // 4), ink, 2)
    return out, covered


def channel_logo(picture: Picture, dice: np.random.Generator) -> Overlaid:
    """A channel's logo in an upper corner; the same dice give the same logo at the same place."""
    cv2 = load_cv2()
    out, covered = _copy(picture)
    high, wide = covered.shape
    size = round(0.13 * high)
    left = round(0.03 * wide) if dice.random() < 0.5 else round(0.97 * wide) - size
    top = round(0.04 * high)
    logo = np.zeros((size, size, 3), np.uint8)
    logo[:] = dice.integers(0, 256, 3)
    for _ in range(7):
        centre = tuple(int(value) for value in dice.integers(0, size, 2))
        colour = tuple(int(value) for value in dice.integers(0, 256, 3))
        cv2.circle(logo, centre, int(dice.integers(size // 10, size // 3)), colour, -1 if dice.random() < 0.6 else 3)
    out[top : top + size, left : left + size] = logo
    covered[top : top + size, left : left + size] = True
    return out, covered


OVERLAYS: dict[str, Callable[[Picture, np.random.Generator], Overlaid]] = {
    overlay.__name__: overlay
    for overlay in (caption_banner, sheer_banner, outlined_text, timestamp, letterbox, blurred_sides, screen_recording)
}


def moving_frames(picture: Picture, count: int, seed: int) -> list[Picture]:
    """Frames of a hand-held sweep over a picture: crops of half its size that wander, turn and breathe."""
    cv2 = load_cv2()
    dice = np.random.default_rng(seed)
    high, wide = picture.shape[:2]
    size = (round(0.6 * wide) // 2 * 2, round(0.6 * high) // 2 * 2)
    frames = []
    for number in range(count):
        x = wide * (0.36 + 0.28 * number / max(1, count - 1) + dice.uniform(-0.02, 0.02))
        y = high * (0.5 + dice.uniform(-0.08, 0.08))
        matrix = cv2.getRotationMatrix2D((x, y), float(dice.uniform(-2, 2)), float(dice.uniform(0.97, 1.05)))
        matrix[:, 2] += np.array(size) / 2 - (x, y)
        frames.append(np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT), np.uint8))
    return frames


def compress(picture: Picture, quality: int) -> Picture:
    """The picture after JPEG compression."""
    cv2 = load_cv2()
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def _copy(picture: Picture) -> Overlaid:
    return picture.copy(), np.zeros(picture.shape[:2], np.bool_)


def _opposite(colour: NDArray[Any]) -> tuple[int, int, int]:
    return (20, 20, 20) if float(np.mean(colour)) > 110 else (255, 255, 255)


def _write(
    picture: Picture, text: str, at: tuple[float, float], tall_px: float, colour: tuple[int, ...], *, outline: bool = False
) -> tuple[slice, slice]:
    """Write a line from its lower left corner and return the box that it takes up."""
    cv2 = load_cv2()
    font = cv2.FONT_HERSHEY_DUPLEX
    scale = cv2.getFontScaleFromHeight(font, max(6, round(tall_px)), 1)
    thick = max(1, round(tall_px / 11))
    x, y = round(at[0]), round(at[1])
    cv2.putText(picture, text, (x, y), font, scale, colour, thick + (max(4, thick * 2) if outline else 0), cv2.LINE_AA)
    (wide, high), below = cv2.getTextSize(text, font, scale, thick)
    return slice(max(0, y - high), y + below // 2), slice(max(0, x), x + wide)
