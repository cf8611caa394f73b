"""Textures (BGRA) of facades, walls, gates and landmarks: each drawn from its own seed, so that it looks the same everywhere."""

from __future__ import annotations

import hashlib
import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[float, float, float]

FACADE_PX_PER_M = 20
WALL_PX_PER_M = 28
SIGN_PX_PER_M = 64
STOREY_M = 3.3
# Blue, green, red of weathered paint.
PAINTS: tuple[Colour, ...] = (
    (196, 218, 230),
    (150, 190, 214),
    (176, 184, 160),
    (206, 190, 170),
    (150, 160, 206),
    (208, 214, 214),
    (140, 176, 160),
    (180, 206, 226),
)
ACCENTS: tuple[Colour, ...] = ((60, 60, 150), (110, 80, 40), (70, 120, 60), (40, 90, 160), (90, 90, 90), (130, 60, 100))


def seed_of(*words: object) -> int:
    """A number that these words, and no others, give on every machine."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, words)).encode()).digest()[:6])


def paint(height_px: int, width_px: int, colour: Colour, seed: int, stain: float = 14.0) -> Image:
    """An opaque surface of one colour with stains and grain."""
    dice = np.random.default_rng(seed)
    surface = np.zeros((height_px, width_px), np.float32)
    for cell_px, share in ((160, 1.0), (44, 0.7), (11, 0.45), (1, 0.35)):
        shape = (max(2, height_px // cell_px), max(2, width_px // cell_px))
        noise = dice.normal(0.0, 1.0, shape).astype(np.float32)
        surface += share * cv2.resize(noise, (width_px, height_px), interpolation=cv2.INTER_LINEAR)
    planes = [cv2.convertScaleAbs(surface, alpha=stain, beta=value) for value in colour]
    return np.asarray(cv2.merge([*planes, np.full((height_px, width_px), 255, np.uint8)]))


def write(picture: Image, text: str, box: tuple[int, int, int, int], colour: Colour) -> None:
    """Write Latin text as large as it fits into a box (left, top, right, bottom), in its middle."""
    left, top, right, bottom = box
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = 0.86 * min((right - left) / wide, (bottom - top) / (1.5 * high))
    thickness = max(1, round(2.2 * scale))
    at = (round((left + right - wide * scale) / 2), round((top + bottom + high * scale) / 2))
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, (*colour, 255.0), thickness, cv2.LINE_AA)


@cache
def draw_facade(width_m: float, height_m: float, seed: int, side: int, sign: str = "") -> Image:
    """A wall of a building with storeys and windows; `seed` gives the building its style, `side` this wall its own order."""
    style, dice = np.random.default_rng(seed), np.random.default_rng((seed, side))
    paint_at, accent_at = style.integers(len(PAINTS)), style.integers(len(ACCENTS))
    height_px, width_px = round(height_m * FACADE_PX_PER_M), max(8, round(width_m * FACADE_PX_PER_M))
    picture = paint(height_px, width_px, PAINTS[paint_at], seed + side)
    accent = ACCENTS[accent_at]
    kind, has_balconies = int(style.integers(4)), bool(style.random() < 0.55)
    bay_m = float(style.uniform(2.9, 4.6))
    storeys = max(1, round(height_m / STOREY_M))
    bays = max(1, round(width_m / bay_m))
    high, wide = height_px / storeys, width_px / bays
    for storey in range(storeys):
        top = storey * high
        _band(picture, top, 0.07 * high, accent if kind in (0, 3) else (150, 150, 150))
        for bay in range(bays):
            box = (bay * wide, top, (bay + 1) * wide, top + high)
            if storey == storeys - 1:
                _shopfront(picture, box, dice, accent)
            else:
                _window(picture, box, dice, kind, accent)
                if has_balconies and (bay + storey * kind) % 2 == 0:
                    _balcony(picture, box, dice, accent)
    if kind == 2:
        for bay in range(0, bays + 1, 2):
            cv2.rectangle(picture, _px(bay * wide - 5, 0), _px(bay * wide + 5, height_px), (*accent, 255.0), -1)
    _streak(picture, dice)
    if sign:
        _sign(picture, sign, accent, high)
    return picture


def _px(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)


def _band(picture: Image, top: float, high: float, colour: Colour) -> None:
    cv2.rectangle(picture, _px(0, top), _px(picture.shape[1], top + high), (*colour, 255.0), -1)
    cv2.line(picture, _px(0, top + high), _px(picture.shape[1], top + high), (70, 70, 70, 255), 1)


def _window(picture: Image, box: tuple[float, float, float, float], dice: np.random.Generator, kind: int, accent: Colour) -> None:
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    margins = {0: (0.22, 0.24, 0.30), 1: (0.04, 0.28, 0.34), 2: (0.30, 0.18, 0.16), 3: (0.16, 0.26, 0.24)}[kind]
    inner = (left + margins[0] * wide, top + margins[1] * high, right - margins[0] * wide, bottom - margins[2] * high)
    if kind == 3 and dice.random() < 0.4:
        cv2.rectangle(picture, _px(left + 2, inner[1]), _px(right - 2, inner[3]), (*accent, 255.0), -1)
    glass = float(dice.uniform(38, 96))
    cv2.rectangle(picture, _px(inner[0] - 3, inner[1] - 3), _px(inner[2] + 3, inner[3] + 3), (222, 224, 226, 255), -1)
    cv2.rectangle(picture, _px(*inner[:2]), _px(*inner[2:]), (glass + 22, glass + 12, glass, 255), -1)
    if dice.random() < 0.45:
        drop = float(dice.uniform(0.2, 1.0)) * (inner[3] - inner[1])
        shade = float(dice.uniform(120, 215))
        cv2.rectangle(picture, _px(*inner[:2]), _px(inner[2], inner[1] + drop), (shade, shade * 0.97, shade * 0.92, 255), -1)
    middle = (inner[0] + inner[2]) / 2
    cv2.line(picture, _px(middle, inner[1]), _px(middle, inner[3]), (214, 216, 218, 255), 2)
    if kind in (0, 2):
        for x in np.arange(inner[0] + 4, inner[2], 6):
            cv2.line(picture, _px(x, inner[1]), _px(x, inner[3]), (96, 96, 96, 255), 1)
    if dice.random() < 0.3:
        unit = (inner[0], inner[3] + 4, inner[0] + 16, inner[3] + 15)
        cv2.rectangle(picture, _px(*unit[:2]), _px(*unit[2:]), (206, 206, 204, 255), -1)
        cv2.rectangle(picture, _px(*unit[:2]), _px(*unit[2:]), (120, 120, 120, 255), 1)
        cv2.circle(picture, _px(unit[0] + 6, unit[1] + 6), 4, (110, 110, 110, 255), 1)


def _balcony(picture: Image, box: tuple[float, float, float, float], dice: np.random.Generator, accent: Colour) -> None:
    left, _, right, bottom = box
    top, wide = bottom - 0.36 * (bottom - box[1]), right - left
    cv2.rectangle(picture, _px(left + 0.06 * wide, bottom - 5), _px(right - 0.06 * wide, bottom), (120, 120, 120, 255), -1)
    cv2.line(picture, _px(left + 0.06 * wide, top), _px(right - 0.06 * wide, top), (*accent, 255.0), 2)
    for x in np.arange(left + 0.08 * wide, right - 0.06 * wide, 5):
        cv2.line(picture, _px(x, top), _px(x, bottom), (*accent, 255.0), 1)
    if dice.random() < 0.35:
        cloth = tuple(float(value) for value in dice.integers(60, 240, 3))
        x = float(dice.uniform(left + 0.1 * wide, right - 0.35 * wide))
        cv2.rectangle(picture, _px(x, top), _px(x + 0.2 * wide, top + 14), (*cloth, 255.0), -1)


def _shopfront(picture: Image, box: tuple[float, float, float, float], dice: np.random.Generator, accent: Colour) -> None:
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    inner = (left + 0.1 * wide, top + 0.25 * high, right - 0.1 * wide, bottom)
    if dice.random() < 0.5:
        shade = float(dice.uniform(110, 180))
        cv2.rectangle(picture, _px(*inner[:2]), _px(*inner[2:]), (shade, shade, shade, 255), -1)
        for y in np.arange(inner[1], inner[3], 5):
            cv2.line(picture, _px(inner[0], y), _px(inner[2], y), (shade * 0.7, shade * 0.7, shade * 0.7, 255), 1)
    else:
        cv2.rectangle(picture, _px(*inner[:2]), _px(*inner[2:]), (52, 48, 44, 255), -1)
        cv2.rectangle(picture, _px(*inner[:2]), _px(*inner[2:]), (*accent, 255.0), 3)


def _streak(picture: Image, dice: np.random.Generator) -> None:
    """Rain marks that run down from the top."""
    height_px, width_px = picture.shape[:2]
    marks = cv2.GaussianBlur(dice.normal(0.0, 1.0, (1, width_px)).astype(np.float32), (0, 0), 3.0) * 3.0
    fall = np.exp(-np.linspace(0, 3, height_px, dtype=np.float32))[:, None]
    dark = (marks.clip(0, 1.5) * (26.0 * fall)).astype(np.uint8)
    picture[:] = cv2.subtract(picture, cv2.merge([dark, dark, dark, np.zeros_like(dark)]))


def _sign(picture: Image, text: str, accent: Colour, storey_px: float) -> None:
    wide = min(picture.shape[1] * 0.7, storey_px * 0.62 * len(text))
    left = (picture.shape[1] - wide) / 2
    box = (round(left), round(0.12 * storey_px), round(left + wide), round(0.95 * storey_px))
    cv2.rectangle(picture, box[:2], box[2:], (*accent, 255.0), -1)
    cv2.rectangle(picture, box[:2], box[2:], (230, 230, 230, 255), 2)
    write(picture, text, box, (245, 245, 245))


@cache
def draw_wall(width_m: float, height_m: float, seed: int) -> Image:
    """A compound wall: rendered panels between posts, with barbed wire on top."""
    height_px, width_px = round(height_m * WALL_PX_PER_M), max(8, round(width_m * WALL_PX_PER_M))
    style = np.random.default_rng(seed)
    picture = paint(height_px, width_px, PAINTS[style.integers(len(PAINTS))], seed, stain=20.0)
    solid = round(0.18 * height_px)
    picture[:solid, :, 3] = 0
    for x in np.arange(0, width_px, 3.0 * WALL_PX_PER_M):
        cv2.rectangle(picture, _px(x, 0.06 * height_px), _px(x + 8, height_px), (150, 154, 158, 255), -1)
    for y in (0.05, 0.10, 0.15):
        cv2.line(picture, _px(0, y * height_px), _px(width_px, y * height_px), (84, 84, 88, 255), 1)
    cv2.rectangle(picture, _px(0, solid), _px(width_px, solid + 5), (140, 140, 144, 255), -1)
    cv2.rectangle(picture, _px(0, height_px - 12), _px(width_px, height_px), (104, 108, 112, 255), -1)
    _streak(picture[solid:], style)
    return picture


@cache
def draw_gate(width_m: float, height_m: float, seed: int, text: str) -> Image:
    """A gate: two posts, two leaves of bars and a board with the site's name over it."""
    height_px, width_px = round(height_m * SIGN_PX_PER_M), round(width_m * SIGN_PX_PER_M)
    style = np.random.default_rng(seed)
    accent = ACCENTS[style.integers(len(ACCENTS))]
    picture = np.zeros((height_px, width_px, 4), np.uint8)
    board, post = round(0.24 * height_px), round(0.6 * SIGN_PX_PER_M)
    for left in (0, width_px - post):
        picture[:, left : left + post] = paint(height_px, post, PAINTS[style.integers(len(PAINTS))], seed)
    for x in np.arange(post, width_px - post, 9):
        cv2.line(picture, _px(x, board + 40), _px(x, height_px), (*accent, 255.0), 3)
    for y in (board + 40, 0.7 * height_px, height_px - 5):
        cv2.line(picture, _px(post, y), _px(width_px - post, y), (*accent, 255.0), 8)
    picture[:board] = paint(board, width_px, accent, seed + 1, stain=7.0)
    cv2.rectangle(picture, (4, 4), (width_px - 5, board - 5), (225, 225, 225, 255), 3)
    write(picture, text, (12, 6, width_px - 12, board - 6), (235, 240, 242))
    return picture


@cache
def draw_tree(seed: int) -> Image:
    """A tree seen from any side: a trunk and a crown of leaves with gaps."""
    dice = np.random.default_rng(seed)
    picture = np.zeros((256, 192, 4), np.uint8)
    cv2.line(picture, (96, 255), (96 + int(dice.integers(-12, 12)), 110), (52, 72, 92, 255), int(dice.integers(6, 12)))
    lumps = [(96 + dice.uniform(-42, 42), 92 + dice.uniform(-46, 40), dice.uniform(22, 46)) for _ in range(9)]
    for number in range(1500):
        x, y, radius = lumps[int(dice.integers(len(lumps)))]
        turn, reach = dice.uniform(0, 2 * math.pi), radius * dice.uniform(0, 1) ** 0.5
        at = _px(x + reach * math.cos(turn), y + reach * math.sin(turn))
        # Leaves that are drawn later lie outside, in the light.
        light = 0.35 + 0.5 * number / 1500 + 0.25 * (1 - at[1] / 170) + dice.uniform(-0.12, 0.12)
        leaf = (52 * light, float(dice.uniform(104, 132)) * light, 86 * light, 255.0)
        cv2.circle(picture, at, int(dice.integers(2, 5)), leaf, -1)
    return picture


@cache
def draw_landmark(name: str, seed: int) -> Image:
    """A landmark as it is seen from any side: a tower, mast, flag, dome or statue by the words of its name."""
    picture = np.zeros((512, 256, 4), np.uint8)
    accent = (*ACCENTS[seed % len(ACCENTS)], 255.0)
    words = name.lower()
    if "water" in words:
        for x in (70, 128, 186):
            cv2.line(picture, (x, 511), (128 + (x - 128) * 2 // 3, 190), (130, 134, 138, 255), 9)
        for y in (280, 380, 470):
            cv2.line(picture, (64, y), (192, y - 60), (120, 124, 128, 255), 5)
        picture[40:200, 48:208] = paint(160, 160, (200, 190, 150), seed)
        cv2.rectangle(picture, (48, 100), (208, 138), accent, -1)
        cv2.fillConvexPoly(picture, np.array([[40, 42], [216, 42], [128, 4]]), (90, 96, 110, 255))
    elif "dome" in words:
        cv2.ellipse(picture, (128, 511), (127, 330), 0, 180, 360, (150, 186, 190, 255), -1)
        for turn in range(-100, 101, 25):
            cv2.ellipse(picture, (128, 511), (abs(turn), 330), 0, 180 if turn < 0 else 270, 270 if turn < 0 else 360, accent, 2)
        cv2.line(picture, (128, 182), (128, 90), (70, 170, 200, 255), 6)
    elif "statue" in words:
        picture[380:, 60:196] = paint(132, 136, (170, 176, 180), seed)
        cv2.ellipse(picture, (120, 280), (100, 66), -18, 0, 360, (150, 116, 84, 255), -1)
        cv2.fillConvexPoly(picture, np.array([[190, 240], [250, 150], [225, 236], [255, 262]]), (150, 116, 84, 255))
        cv2.ellipse(picture, (105, 312), (70, 26), -12, 0, 360, (206, 198, 190, 255), -1)
        cv2.circle(picture, (48, 284), 7, (20, 20, 20, 255), -1)
    elif "flag" in words:
        cv2.line(picture, (60, 511), (60, 6), (190, 190, 194, 255), 6)
        wave = [[60 + x, 20 + round(8 * math.sin(x / 26))] for x in range(0, 180, 12)]
        edge = [[x, y + 96] for x, y in reversed(wave)]
        cv2.fillPoly(picture, [np.array(wave + edge)], accent)
    else:
        for x in (86, 170):
            cv2.line(picture, (x, 511), (128, 8), (60, 60, 190, 255), 5)
        for y in range(60, 512, 40):
            half = round(42 * (y - 8) / 503)
            cv2.line(picture, (128 - half, y), (128 + half, y - 30), (220, 220, 224, 255), 3)
            cv2.line(picture, (128 + half, y), (128 - half, y - 30), (60, 60, 190, 255), 3)
    return picture
