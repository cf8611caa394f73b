"""What holds for every channel, found by the walk: a new one is tested here without a line of its own."""

import math

import msgspec
import pytest
from builders.channel_scenes import PLACES, SCENES
from builders.scenes import SETTINGS, weigh

from geoverify.channels import all_channels

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
