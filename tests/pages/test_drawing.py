"""What is drawn: the evidence chart, the sketch of the place, the time line."""

import datetime as dt
import re
from collections import Counter

import msgspec
import pytest
from builders.pages import SITE
from builders.reports import report_of
from builders.scenes import captured, fix, looking, seen, site

from geoverify.facts import facts_of
from geoverify.model import Position, Track, TrackPoint
from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.chart import WIDTH, draw_chart
from geoverify.pages.fixes import MAX_TRACK_POINTS, day_of, fix_of
from geoverify.pages.overview import DayBar, Overview
from geoverify.pages.sketch import HEIGHT, Sketch, draw_sketch, nice_length
from geoverify.pages.sketch import WIDTH as SKETCH_WIDTH
from geoverify.pages.timeline import draw_timeline
from geoverify.places import FootprintKind
from geoverify.results import VerdictKind

DAY = dt.datetime(2025, 10, 3, 15, 52, 8)


def sketch_of(east_m: float, north_m: float, *, error_m: float = 5.0, place: object = SITE) -> Sketch:
    report = report_of(fix(east_m, north_m, error_m), *looking(90.0))
    found = fix_of(report)
    assert found is not None
    return draw_sketch(found, place, ())  # type: ignore[arg-type]


def points_of(path: str) -> list[tuple[float, float]]:
    # Of an arc only its end is a point.
    straight = re.sub(r"A\S+ \S+ \d \d \d ", "L", path)
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", straight)]


# --- the chart ------------------------------------------------------------------------------------------------------------


def test_bars_start_at_zero_and_are_as_long_as_their_ratios() -> None:
    report = report_of(fix(0, 0), captured(DAY, 420))
    chart = draw_chart(report, report.scores[0])
    scale = (chart.ticks[-1][0] - chart.zero_x) / chart.ticks[-1][1]
    for row in chart.rows:
        if abs(row.item.log10_lr) > 0.1:
            assert row.bar.x == pytest.approx(chart.zero_x, abs=0.2)
            assert row.bar.width == pytest.approx(row.item.log10_lr * scale, abs=0.2)
    assert chart.pooled.width == pytest.approx(report.scores[0].log10_lr * scale, abs=0.2)


def test_what_speaks_against_lies_left_of_zero() -> None:
    report = report_of(fix(0, 60_000))
    chart = draw_chart(report, report.scores[0])
    against = [row.bar for row in chart.rows if row.item.log10_lr < -0.1]
    assert against
    for bar in against:
        assert bar.side == "contradicts"
        assert bar.x + bar.width == pytest.approx(chart.zero_x, abs=0.2)


def test_no_ratio_leaves_the_axis() -> None:
    report = report_of(fix(0, 0))
    strong = msgspec.structs.replace(report.evidence[0], log10_lr=7.4)
    score = msgspec.structs.replace(report.scores[0], log10_lr=7.4)
    chart = draw_chart(msgspec.structs.replace(report, evidence=(strong,)), score)
    assert all(row.bar.x >= 0 and row.bar.x + row.bar.width <= WIDTH for row in chart.rows)
    assert chart.ticks[-1][1] >= 7


def test_items_that_are_one_witness_say_how_many_they_are() -> None:
    report = report_of(fix(0, 0), fix(1, 0))
    positions = [row for row in draw_chart(report, report.scores[0]).rows if row.item.channel == "position"]
    assert [row.copies for row in positions] == [2, 2]


# --- the sketch -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("east_m", [0.0, 120.0, 900.0])
def test_the_sketch_is_true_to_scale(east_m: float) -> None:
    sketch = sketch_of(east_m, 0.0)
    outline = next(shape for shape in sketch.shapes if shape.kind == "site")
    xs = [x for x, _ in points_of(outline.path)]
    side_m = (max(xs) - min(xs)) / sketch.bar_px * sketch.bar_m
    # Paths are written to a tenth of a pixel.
    assert side_m == pytest.approx(150.0, rel=0.02)
    middle_m = ((max(xs) + min(xs)) / 2 - sketch.fix_x) / sketch.bar_px * sketch.bar_m
    assert middle_m == pytest.approx(-east_m, abs=3.0)
    (circle,) = sketch.circles
    assert circle.radius / sketch.bar_px * sketch.bar_m == pytest.approx(5.0, rel=0.02)


def test_north_is_up_and_everything_is_inside_the_frame() -> None:
    sketch = sketch_of(0.0, -200.0)
    outline = next(shape for shape in sketch.shapes if shape.kind == "site")
    assert all(y < sketch.fix_y for _, y in points_of(outline.path))
    assert all(0 <= x <= SKETCH_WIDTH and 0 <= y <= HEIGHT for x, y in points_of(outline.path))


def test_the_wedge_looks_where_the_camera_looked() -> None:
    wedge = next(shape for shape in sketch_of(0.0, 0.0).shapes if shape.kind == "wedge")
    (x, y), first, last = points_of(wedge.path)
    assert first[0] > x and last[0] > x
    assert first[1] < y < last[1]


def test_a_site_of_which_only_a_point_is_known_is_a_disc() -> None:
    sketch = sketch_of(30.0, 0.0, place=site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=250.0))
    disc = next(circle for circle in sketch.circles if circle.kind == "disc")
    assert disc.radius / sketch.bar_px * sketch.bar_m == pytest.approx(250.0, rel=0.02)


@pytest.mark.parametrize(("longest_m", "bar_m"), [(9.0, 5.0), (10.0, 10.0), (49.0, 20.0), (120.0, 100.0), (0.9, 0.5)])
def test_the_scale_bar_has_a_round_length(longest_m: float, bar_m: float) -> None:
    assert nice_length(longest_m) == pytest.approx(bar_m)


# --- days and tracks ------------------------------------------------------------------------------------------------------


def test_the_day_is_that_of_capture_as_it_was_written() -> None:
    assert day_of(facts_of(report_of(captured(dt.datetime(2025, 10, 3, 23, 59), -600)))) == dt.date(2025, 10, 3)
    assert day_of(facts_of(report_of())) is None


def test_a_long_track_is_thinned_and_keeps_its_ends() -> None:
    points = tuple(TrackPoint(time_s=float(n), position=Position(lat_deg=10.6 + n * 1e-5, lon_deg=103.5)) for n in range(1000))
    found = fix_of(report_of(seen(Track(points=points))))
    assert found is not None
    assert len(found.track) <= MAX_TRACK_POINTS + 1
    assert found.track[0] == (10.6, 103.5) and found.track[-1] == (round(10.6 + 999e-5, 6), 103.5)


def overview_of(*days: dt.datetime) -> Overview:
    overview = Overview()
    for day in days:
        overview.add(report_of(captured(day)), "x", is_decided=False, is_disputed=False)
    return overview


@pytest.mark.parametrize(("apart_days", "form"), [(10, 10), (300, 7), (4000, 4)])
def test_the_time_line_has_no_gaps_and_loses_no_file(apart_days: int, form: int) -> None:
    bars = overview_of(DAY, DAY, DAY - dt.timedelta(days=apart_days)).bars()
    assert all(len(bar.label) == form for bar in bars)
    assert [bar.label for bar in bars] == sorted({bar.label for bar in bars})
    assert sum(bar.kinds.total() for bar in bars) == 3
    assert len(bars) >= apart_days // {10: 1, 7: 32, 4: 366}[form]


def test_bars_of_the_time_line_stand_on_one_line() -> None:
    bars = [DayBar(label="2025-10-03", kinds=Counter({VerdictKind.CONSISTENT: 3, VerdictKind.AMBIGUOUS: 1}))]
    line = draw_timeline(bars, load_catalogue("en"))
    assert line is not None
    (column,) = line.bars
    assert column.parts[0].y + column.parts[0].height == pytest.approx(100.0, abs=0.1)
    assert column.parts[0].height == pytest.approx(3 * column.parts[1].height, rel=0.02)
    assert draw_timeline([], load_catalogue("en")) is None
