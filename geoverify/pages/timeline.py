"""The time line of a case as stacked bars, in pixels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from geoverify.pages.catalogue import Catalogue
from geoverify.pages.overview import VERDICTS, DayBar

HEIGHT = 100.0
_TOP = 16.0
_MAX_STEP, _GAP = 34.0, 3.0
_WIDTH, _COUNTS_PX = 960.0, 40.0
_TICK_PX = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The files of one verdict within a bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar, with what it says when pointed at."""

    x: float
    parts: tuple[Part, ...]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A date under the bars."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A level line with its count."""

    y: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything to draw."""

    width: float
    bar_width: float
    bars: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


def draw_timeline(bars: Sequence[DayBar], words: Catalogue) -> Timeline | None:
    """Draw the bars; `None` where no file states a day."""
    if not bars:
        return None
    step = min(_MAX_STEP, (_WIDTH - _COUNTS_PX) / len(bars))
    width = step * len(bars) + _COUNTS_PX
    highest = max(bar.kinds.total() for bar in bars)
    scale = (HEIGHT - _TOP) / highest
    columns = [_draw_bar(bar, number * step, scale, words) for number, bar in enumerate(bars)]
    stride = max(1, round(_TICK_PX / step))
    ticks = [
        Tick(x=round(number * step, 1), text=_name(bar.label, words), anchor="start")
        for number, bar in enumerate(bars)
        if number % stride == 0 and number * step <= max(0.0, width - _TICK_PX)
    ]
    counts = sorted({highest, highest // 2} - {0})
    lines = [Line(y=round(HEIGHT - count * scale, 1), count=count) for count in counts]
    return Timeline(
        width=round(width, 1), bar_width=round(step - _GAP, 1), bars=tuple(columns), ticks=tuple(ticks), lines=tuple(lines)
    )


def _draw_bar(bar: DayBar, x: float, scale: float, words: Catalogue) -> Column:
    parts, top = [], HEIGHT
    for kind in VERDICTS:
        if bar.kinds[kind]:
            height = bar.kinds[kind] * scale
            top -= height
            parts.append(Part(kind=kind.value, y=round(top, 1), height=round(height, 1)))
    told = ", ".join(
        f"{words.number(bar.kinds[kind])} {words.text(f'short.{kind.value}')}" for kind in VERDICTS if bar.kinds[kind]
    )
    return Column(x=round(x, 1), parts=tuple(parts), title=f"{_name(bar.label, words)}: {told or 0}")


def _name(label: str, words: Catalogue) -> str:
    """A day, month or year in ISO 8601 as the language writes it."""
    if label.count("-") == 2:
        return words.day(dt.date.fromisoformat(label))
    return words.month(dt.date.fromisoformat(f"{label}-01")) if "-" in label else label
