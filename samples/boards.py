"""Sign boards of invented businesses in five scripts; every machine draws the same.

Latin, Han and Hangul are written by the one font that comes with OpenCV. It has no Khmer and no Thai, whose letters have to be
shaped besides: `letters.py` did that once, and its masks are laid onto the boards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from facades import ACCENTS, Image, paint, seed_of
from scenes import Patch, wall

BOARD_PX_PER_M = 72
BOARD_HEIGHT_M, BOARD_WIDTH_M = 1.7, 9.0
# In front of the wall, and how high the lower edge hangs.
STAND_OFF_M, FOOT_M = 0.2, 3.6
LETTERS = Path(__file__).with_name("letters.npz")
# Latin, Han, Khmer, Thai, Hangul.
BUSINESSES = (
    ("MOON TIDE HOTEL", "TWO HERONS BANK", "LANTERN KARAOKE 24H", "DRIFTWOOD CLINIC"),
    ("月潮大酒店", "双鹭商务中心", "浮灯网络科技", "海风超市"),
    ("សណ្ឋាគារជំនោរច័ន្ទ", "ឱសថស្ថានប៉មភ្លើង", "ការ៉ាអូខេគោមអណ្តែត", "ជួសជុលទូរស័ព្ទកុកពីរ"),
    ("โรงแรมคลื่นจันทรา", "ร้านยาประภาคารน้อย", "คาราโอเกะโคมลอย", "ซ่อมมือถือนกยางคู่"),
    ("달빛 호텔", "바다 노래방", "등대 약국", "갈매기 마트"),
)


def raise_boards(start: Sequence[float], end: Sequence[float], seed: int, light: float) -> Iterator[Patch]:
    """Boards along a building's wall from `start` to `end`, whose outer side lies to the right of that way."""
    length_m = math.dist(start, end)
    count = int(length_m // (1.6 * BOARD_WIDTH_M))
    along = (np.asarray(end, np.float64) - start) / length_m
    outwards = np.array([along[1], -along[0]]) * STAND_OFF_M
    for number in range(count):
        middle = np.asarray(start) + along * length_m * (number + 0.5) / count + outwards
        half = along * BOARD_WIDTH_M / 2
        texture = draw_board(seed_of(seed, number))
        yield wall(middle - half, middle + half, FOOT_M + BOARD_HEIGHT_M, FOOT_M, texture, light=light)


def draw_board(seed: int) -> Image:
    """A board (BGRA) with the name of a business in one of the scripts, and an emblem."""
    dice = np.random.default_rng(seed)
    high, wide = round(BOARD_HEIGHT_M * BOARD_PX_PER_M), round(BOARD_WIDTH_M * BOARD_PX_PER_M)
    names = BUSINESSES[int(dice.integers(len(BUSINESSES)))]
    text = names[int(dice.integers(len(names)))]
    ground = ACCENTS[int(dice.integers(len(ACCENTS)))] if dice.random() < 0.6 else (225, 228, 230)
    ink = (240, 244, 246) if sum(ground) < 380 else ACCENTS[int(dice.integers(len(ACCENTS)))]
    picture = paint(high, wide, ground, seed, stain=5.0)
    cv2.rectangle(picture, (4, 4), (wide - 5, high - 5), (*ink, 255.0), 3)
    centre, radius = (high // 2, high // 2), round(0.3 * high)
    for turn in range(int(dice.integers(3, 9))):
        angle = 2 * math.pi * turn / 7 + dice.uniform(0, 1)
        tip = (round(centre[0] + radius * math.cos(angle)), round(centre[1] + radius * math.sin(angle)))
        cv2.line(picture, centre, tip, (*ink, 255.0), 5, cv2.LINE_AA)
    cv2.circle(picture, centre, round(radius * dice.uniform(0.3, 0.9)), (*ink, 255.0), 4, cv2.LINE_AA)
    (_lay if is_shaped(text) else _write)(picture, text, (high, wide - 16), ink)
    return picture


def is_shaped(text: str) -> bool:
    """Whether a text's letters have to be shaped: Khmer or Thai."""
    return any("\u0e00" <= sign <= "\u0e7f" or "\u1780" <= sign <= "\u17ff" for sign in text)


@cache
def _load_letters() -> dict[str, Image]:
    with np.load(LETTERS) as masks:
        return dict(masks)


def _lay(picture: Image, text: str, between: tuple[int, int], ink: tuple[float, float, float]) -> None:
    """Lay a shaped line, as large as it fits, between two columns."""
    mask = _load_letters()[text]
    high, room = picture.shape[0], between[1] - between[0]
    scale = min(0.72 * high / mask.shape[0], room / mask.shape[1])
    mask = cv2.resize(mask, (round(mask.shape[1] * scale), round(mask.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    top, left = (high - mask.shape[0]) // 2, between[0] + (room - mask.shape[1]) // 2
    box = picture[top : top + mask.shape[0], left : left + mask.shape[1], :3]
    share = mask[..., None] / 255.0
    box[:] = np.round(share * np.asarray(ink) + (1.0 - share) * box)


def _write(picture: Image, text: str, between: tuple[int, int], ink: tuple[float, float, float]) -> None:
    """Write a line as large as it fits between two columns."""
    font = cv2.FontFace("uni")
    high, room = picture.shape[0], between[1] - between[0]
    size = round(0.62 * high)
    while size > 8:
        _, _, wide, _ = cv2.getTextSize((0, 0), text, (0, 0), font, size, weight=600)
        if wide <= room:
            break
        size -= 2
    opaque = np.ascontiguousarray(picture[..., :3])
    cv2.putText(opaque, text, (between[0] + (room - wide) // 2, round(0.5 * high + 0.36 * size)), ink, font, size, weight=600)
    picture[..., :3] = opaque
