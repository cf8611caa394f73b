import pytest
from builders.scenes import CENTRE, fix, looking, offset, reason, register, seen, site, weigh
from hypothesis import given, settings
from hypothesis import strategies as st

from geoverify.model import Heading, ImageInfo, North, Position, Track, TrackPoint
from geoverify.results import Basis, Direction, VerdictKind

PLACES = register(site("A"))


def view(*observations):
    return weigh(PLACES, *observations, channel="heading")


def test_looking_at_the_site_supports_and_looking_away_contradicts():
    # The camera stands 45 m north of the site's edge.
    (towards,) = view(fix(0, 120), *looking(180))
    (away,) = view(fix(0, 120), *looking(0))
    assert towards.finding is Direction.SUPPORTS
    assert away.finding is Direction.CONTRADICTS
    assert "in view" in towards.explanation
    assert "out of view" in away.explanation


def test_looking_away_takes_a_site_across_the_road_out_of_the_verdict():
    assert reason(PLACES, fix(0, 80), *looking(180))[3].kind is VerdictKind.CONSISTENT
    assert reason(PLACES, fix(0, 80), *looking(0))[3].kind is VerdictKind.INCONCLUSIVE


def test_inside_the_site_every_direction_shows_it():
    assert view(fix(0, 0), *looking(90)) == []


def test_the_nearer_the_camera_may_be_to_the_inside_the_less_its_direction_says():
    ratios = [view(fix(0, 95, error_m), *looking(0))[0].log10_lr for error_m in (3.0, 10.0, 20.0, 21.0, 40.0, 200.0)]
    assert ratios == sorted(ratios)
    assert ratios[0] < -0.7
    assert ratios[-1] > -0.15
    # No cliff where the error reaches the edge, 20 m away.
    assert ratios[3] - ratios[2] < 0.03


def test_a_picture_held_upright_is_narrower_across():
    stored = [seen(ImageInfo(width_px=4000, height_px=3000, orientation=orientation)) for orientation in (1, 6)]
    (flat,), (upright,) = (view(fix(0, 200), *looking(180), info) for info in stored)
    assert "view 69° wide" in flat.explanation
    assert "view 55° wide" in upright.explanation


def test_the_start_of_a_track_is_a_standpoint():
    lat_deg, lon_deg = offset(*CENTRE, 0.0, 120.0)
    track = seen(Track(points=(TrackPoint(time_s=0.0, position=Position(lat_deg=lat_deg, lon_deg=lon_deg)),)))
    assert reason(PLACES, track, *looking(0))[1]["A"].log10_lr < reason(PLACES, track)[1]["A"].log10_lr


def test_the_order_of_two_fixes_does_not_change_the_verdict():
    east, west = fix(120, 0), fix(-120, 0)
    one, other = (reason(PLACES, *pair, *looking(270))[1]["A"].log10_lr for pair in ((east, west), (west, east)))
    assert one == other


def test_without_a_fix_or_far_away_a_heading_says_nothing():
    assert view(*looking(180)) == []
    assert view(fix(0, 3000), *looking(180)) == []


def test_magnetic_north_is_weaker_than_true_north():
    magnetic = seen(Heading(angle_deg=180.0, north=North.MAGNETIC))
    (true_view,) = view(fix(0, 200), *looking(180, None))
    (magnetic_view,) = view(fix(0, 200), magnetic)
    assert 0 < magnetic_view.log10_lr < true_view.log10_lr


def test_a_camera_that_looks_down_looks_nowhere():
    (level,) = view(fix(0, 200), seen(Heading(angle_deg=180.0, north=North.TRUE, pitch_deg=-20.0)))
    assert level.finding is Direction.SUPPORTS
    assert view(fix(0, 200), seen(Heading(angle_deg=180.0, north=North.TRUE, pitch_deg=-89.0))) == []


def test_assumed_field_of_view_is_said():
    (item,) = view(fix(0, 200), *looking(180, None))
    assert item.basis is Basis.ASSUMED
    assert "assumed" in item.explanation


@settings(max_examples=60, deadline=None)
@given(angle=st.floats(0.0, 359.99), north=st.floats(110.0, 1400.0))
def test_the_ratio_is_bounded_and_symmetric(angle, north):
    (left,) = view(fix(0, north), *looking(angle))
    (right,) = view(fix(0, north), *looking(360.0 - angle))
    assert left.log10_lr == pytest.approx(right.log10_lr, abs=1e-3)
    assert -0.83 <= left.log10_lr <= 0.75
