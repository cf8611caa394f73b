"""What holds for every channel, found by the walk: a new one is tested here without a line of its own."""

import datetime as dt
import math

import msgspec
import pytest
from builders.scenes import (
    CENTRE,
    SETTINGS,
    camera,
    captured,
    claimed,
    fix,
    frame,
    gps_time,
    looking,
    offset,
    register,
    said,
    site,
    weigh,
)
from builders.sightings import CHANCE, learned, sighting

from geoverify.channels import all_channels
from geoverify.places import SiteName

GATE = SiteName(text="Floating Gate")
PLACES = register(
    site("A", time_zone="Asia/Phnom_Penh", names=(GATE,), locality="Kampong Test"),
    site("B", offset(*CENTRE, 210, 0)),
    site("C", offset(*CENTRE, 9000, 0)),
)
NOON = dt.datetime(2026, 1, 17, 12, 0)
SCENES = {
    "nothing": (),
    "no place": (camera(),),
    "fix": (fix(0, 0),),
    "fix and view": (fix(0, 120), *looking(180)),
    "far": (fix(0, 0, at=(-40.0, -70.0)), *looking(10)),
    "pole": (fix(0, 0, at=(90.0, 0.0)), *looking(10)),
    "antipode": (fix(0, 0, at=(-CENTRE[0], CENTRE[1] - 180.0)),),
    "huge error": (fix(0, 0, 1e6),),
    "clocks": (fix(0, 0), captured(NOON, 420), gps_time(dt.datetime(2026, 1, 17, 5, 0, tzinfo=dt.UTC))),
    "words": (said("seen at A and at Kompong Test", field="title"), claimed(0, 0), fix(0, 300)),
    "words alone": (said("Floating Gate of Kampong Test, 2H4J+XW"), claimed(9000, 50)),
    "light": (fix(0, 0), captured(NOON, 420), frame(140.0), frame(20.0)),
    "light at the ends of time": (
        fix(0, 0, at=(90.0, 0.0)),
        captured(dt.datetime.max, 0),
        captured(dt.datetime.min, 0),
        frame(0.0),
    ),
    "light at the pole": (fix(0, 0, at=(90.0, 0.0)), captured(NOON, 0), frame(0.0)),
    "pictures": (sighting(), sighting(CHANCE, site_code="B"), sighting(site_code="unknown")),
    "learned features": (learned(), learned(site_code="B", places=5, part="Gate"), sighting(site_code="C")),
    "a fix and a picture": (fix(0, 0), sighting(site_code="C", mirrored=True, frame_count=24)),
    "oldest and newest dates": (fix(0, 0), captured(dt.datetime.min, 0), captured(dt.datetime.max, 0)),
}
FAMILY = [pytest.param(member, id=member.name) for member in all_channels()]


def test_names_are_unique():
    names = [member.name for member in all_channels()]
    assert len(set(names)) == len(names) >= 3


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("member", FAMILY)
def test_evidence_is_finite_bounded_explained_and_traceable(member, scene):
    observations = tuple(msgspec.structs.replace(item, id=f"o{number}") for number, item in enumerate(SCENES[scene], start=1))
    known = {item.id for item in observations}
    for item in weigh(PLACES, *observations, channel=member.name):
        assert item.channel == member.name
        assert math.isfinite(item.log10_lr)
        assert -6.0 <= item.min_log10_lr <= item.log10_lr <= item.max_log10_lr <= 6.0
        assert item.site_code in item.explanation
        assert item.observation_ids
        assert set(item.observation_ids) <= known
        assert item.dependence_group


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("member", FAMILY)
def test_same_input_same_evidence(member, scene):
    assert weigh(PLACES, *SCENES[scene], channel=member.name) == weigh(PLACES, *SCENES[scene], channel=member.name)


@pytest.mark.parametrize("member", FAMILY)
def test_nothing_seen_nothing_said(member):
    assert weigh(PLACES, channel=member.name) == []


@pytest.mark.parametrize("member", FAMILY)
def test_a_channel_does_no_input_or_output(member, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a channel opened a file")

    # The zone database is the one file that a channel may need, and it is read before.
    weigh(PLACES, *SCENES["clocks"], settings=SETTINGS)
    monkeypatch.setattr("builtins.open", refuse)
    for observations in SCENES.values():
        weigh(PLACES, *observations, channel=member.name)
