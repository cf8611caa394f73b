"""The evidence about one site as bars on one axis of log10 likelihood ratios."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from geoverify.results import Direction, Evidence, Report, Score

WIDTH, ROW_HEIGHT = 360.0, 22.0
MIN_REACH = 3.0
_BAR_TOP, _BAR_HEIGHT = 5.0, 12.0
_THINNEST = 1.5
# Room for the figures at the ends of the axis.
_END_PX = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar in pixels, with whiskers at the bounds of its ratio where it has some."""

    x: float
    width: float
    low_x: float | None
    high_x: float | None
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item of evidence and its bar; `copies` is how many items are one witness with it."""

    item: Evidence
    bar: Bar
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The rows about one site, strongest first, the pooled bar, and the axis: its ticks in pixels with their values."""

    site_code: str
    rows: tuple[Row, ...]
    pooled: Bar
    pooled_log10_lr: float
    zero_x: float
    ticks: tuple[tuple[float, int], ...]


def draw_chart(report: Report, score: Score) -> Chart:
    """Draw what was weighed about the site of a score."""
    about = [item for item in report.evidence if item.site_code == score.site_code]
    about.sort(key=lambda item: (item.finding is Direction.NEUTRAL, -abs(item.log10_lr), item.channel))
    axis = _Axis([score.log10_lr, *(item.log10_lr for item in about)])
    groups = Counter(item.dependence_group for item in about)
    rows = tuple(
        Row(item=item, bar=axis.bar(item.log10_lr, item.min_log10_lr, item.max_log10_lr), copies=groups[item.dependence_group])
        for item in about
    )
    return Chart(
        site_code=score.site_code,
        rows=rows,
        pooled=axis.bar(score.log10_lr, None, None),
        pooled_log10_lr=score.log10_lr,
        zero_x=axis.x(0.0),
        ticks=axis.ticks(),
    )


class _Axis:
    """Zero in the middle and as much room on either side, so that charts of one report can be compared by eye."""

    def __init__(self, values: Sequence[float]) -> None:
        self._reach = max(MIN_REACH, math.ceil(max(map(abs, values))))

    def x(self, value: float) -> float:
        return round(WIDTH / 2.0 + value / self._reach * (WIDTH / 2.0 - _END_PX), 1)

    def bar(self, value: float, low: float | None, high: float | None) -> Bar:
        start, end = sorted((self.x(0.0), self.x(value)))
        # A bound beyond the axis is told in words.
        low_x, high_x = (self.x(bound) if bound is not None and abs(bound) <= self._reach else None for bound in (low, high))
        return Bar(
            x=start,
            width=max(_THINNEST, round(end - start, 1)),
            low_x=low_x,
            high_x=high_x,
            side=Direction.of(value).value,
        )

    def ticks(self) -> tuple[tuple[float, int], ...]:
        step = 1 if self._reach <= 4 else math.ceil(self._reach / 4)
        marks = range(-int(self._reach), int(self._reach) + 1)
        return tuple((self.x(mark), mark) for mark in marks if mark % step == 0)
