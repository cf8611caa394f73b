"""The text channel: modest, bounded, one witness."""

import math

import msgspec
import pytest
from builders.scenes import CENTRE, SETTINGS, claimed, fix, offset, reason, register, said, site, weigh

from geoverify.model import Observation, Provenance, TextInFrame, TextSnippet, TextSource, Who
from geoverify.places import SiteName
from geoverify.results import Direction, VerdictKind


def named(code: str, east_m: float, *names: str, **fields: object):
    return site(code, offset(*CENTRE, east_m, 0.0), names=tuple(SiteName(text=name) for name in names), **fields)


PLACES = register(
    named("LANTERN", 0.0, "Floating Lantern Park", "浮灯园", "Sun", locality="Kampong Sao"),
    named("BOAT", 300.0, "Paper Boat Towers", "Golden Harbour", locality="Kampong Sao"),
    named("WHALE", 9000.0, "Whale Song Plaza", "Golden Harbour", locality="Bavet"),
    named("MOON", 20000.0, "Salt Moon Centre", locality="Bavet"),
)


def ratios(*observations, settings=SETTINGS) -> dict[str, float]:
    numbered = [msgspec.structs.replace(item, id=f"o{number}") for number, item in enumerate(observations, start=1)]
    return {item.site_code: item.log10_lr for item in weigh(PLACES, *numbered, settings=settings, channel="text")}


def test_the_worked_example_of_the_documentation():
    # docs/reasoning.md: 19 letters, four sites, ε = 0.25, rumours 0.25.
    chance = 0.5 ** (17 / 3)
    expected = math.log10((0.75 * (1 - chance) + chance) / (0.0625 * (1 - chance) + chance))
    assert ratios(said("at Floating Lantern Park"))["LANTERN"] == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(0.97, abs=0.005)


def test_words_that_name_another_place_speak_against_with_less_than_they_speak_for():
    alone, near = ratios(said("at Floating Lantern Park")), ratios(said("at Floating Lantern Park"), fix(0, 0))
    assert alone["LANTERN"] > 0.9
    # Near a fix a name is wrong at the site and beside it: 0.25 / (0.75 · 0.3 + 0.25 · 0.75), weakened by the name's length.
    assert math.log10(0.25 / 0.4125) <= near["BOAT"] < -0.18


def test_the_explanation_quotes_and_names_the_field():
    evidence = weigh(PLACES, msgspec.structs.replace(said("now at Whale Song Plaza!"), id="o1"), channel="text")
    assert evidence[0].explanation == ("description names Whale Song Plaza: “now at «Whale Song Plaza»!”; that is WHALE")


def test_short_shared_misspelled_and_listed_names_are_weaker():
    plain = ratios(said("Floating Lantern Park"))["LANTERN"]
    assert ratios(said("Floating Lantren Park"))["LANTERN"] < plain
    assert 0.0 < ratios(said("Sun"))["LANTERN"] < 0.2
    shared = ratios(said("Golden Harbour"))
    assert 0.0 < shared["BOAT"] == shared["WHALE"] < 0.5
    several = ratios(said("from Floating Lantern Park by Paper Boat Towers to Salt Moon Centre"))
    assert 0.0 < several["LANTERN"] < 0.5
    assert 0.0 < ratios(said("in Kampong Sao"))["LANTERN"] < 0.5


def test_a_town_beside_its_own_site_is_no_second_place():
    assert ratios(said("Floating Lantern Park, Kampong Sao"))["LANTERN"] == ratios(said("Floating Lantern Park"))["LANTERN"]


def test_coordinates_in_words_count_as_a_name_and_never_as_a_fix():
    evidence, _, _, verdict = reason(PLACES, claimed(10, 10))
    assert {item.channel for item in evidence} == {"text"}
    assert not any(item.locates for item in evidence)
    assert evidence[0].log10_lr == pytest.approx(math.log10(12), abs=1e-3)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert "LANTERN" in verdict.wording


def test_coordinates_in_one_site_do_not_mean_its_neighbour_and_beside_two_mean_either():
    inside, between = ratios(claimed(10, 10), fix(150, 0)), ratios(claimed(150, 0), fix(140, 50))
    assert "BOAT" not in inside
    assert 0.0 < between["LANTERN"] == between["BOAT"] < inside["LANTERN"]


def test_coordinates_that_repeat_the_fix_say_nothing_more():
    assert ratios(claimed(10, 10), fix(10, 10)) == {}
    assert ratios(claimed(10, 10), fix(60, 10))["LANTERN"] > 0.0


def test_many_texts_by_many_hands_are_one_witness():
    once = ratios(said("Floating Lantern Park"))["LANTERN"]
    texts = [said("Floating Lantern Park", who, field) for who in Who for field in ("title", "description", "tags")]
    evidence, scores, _, _ = reason(PLACES, *texts, claimed(0, 0))
    assert {item.dependence_group for item in evidence} == {"words"}
    assert scores["LANTERN"].log10_lr <= round(math.log10(12), 4)
    assert once <= scores["LANTERN"].log10_lr


@pytest.mark.parametrize("count", [1, 2, 3, 10, 300])
def test_words_alone_never_name_a_site_however_large_the_register(count):
    sites = [named(f"S{number}", 500.0 * number, f"Unmistakable Name Number {number} Tower") for number in range(count)]
    _, scores, _, verdict = reason(register(*sites), said("Unmistakable Name Number 0 Tower"), claimed(0, 0))
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert scores["S0"].probability < SETTINGS.consistent_probability


def test_a_wrong_caption_does_not_overrule_a_fix():
    _, _, _, verdict = reason(PLACES, fix(0, 0), said("at Salt Moon Centre"))
    assert verdict.site_codes in (("LANTERN",), ())
    assert "MOON" not in verdict.site_codes


def test_a_fix_near_a_site_makes_its_name_a_likelier_rumour():
    alone = ratios(said("Floating Lantern Park"))["LANTERN"]
    beside = ratios(said("Floating Lantern Park"), fix(0, 300))["LANTERN"]
    far = ratios(said("Floating Lantern Park"), fix(0, 60_000))["LANTERN"]
    assert 0.0 < beside < alone == far
    # Two sites are near, and who is wrong names one of them.
    assert beside <= math.log10(6)


def test_beside_a_site_its_name_says_hardly_anything():
    # docs/reasoning.md: half of what is rightly captioned beside a site goes by its name, and two sites share the rumours.
    expected = math.log10(0.75 / (0.75 * 0.5 + 0.25 / 2))
    beside, street = ratios(claimed(0, 0), fix(-175, 0)), ratios(claimed(0, 0), fix(-75 - 260, 0))
    assert beside["LANTERN"] == pytest.approx(expected, abs=1e-4)
    assert street["LANTERN"] > 4 * beside["LANTERN"]


@pytest.mark.parametrize("outside_m", [100, 125, 175, 225, 425])
def test_a_name_does_not_turn_footage_from_the_next_street_into_that_of_the_site(outside_m):
    _, _, _, verdict = reason(PLACES, fix(-75.0 - outside_m, 0), said("at Floating Lantern Park"))
    assert verdict.kind is not VerdictKind.CONSISTENT


def test_a_higher_error_rate_never_strengthens_words():
    steps = [
        ratios(said("Whale Song Plaza"), settings=msgspec.structs.replace(SETTINGS, uploader_error_rate=rate))
        for rate in (0.1, 0.25, 0.5)
    ]
    values = [step["WHALE"] for step in steps]
    assert values == sorted(values, reverse=True)


def test_file_names_count_as_words():
    name = msgspec.structs.replace(said("whale_song_plaza_03").value, source=TextSource.FILENAME)
    item = msgspec.structs.replace(said("x", Who.DOWNLOADER, "name"), value=name)
    (evidence,) = [item for item in weigh(PLACES, item, channel="text") if item.finding is Direction.SUPPORTS]
    assert evidence.site_code == "WHALE"


def test_silence_and_common_words_say_nothing():
    assert ratios(said("a video from yesterday")) == {}
    assert ratios(fix(0, 0)) == {}


def shown(text: str, *, overlaid: bool = False, confidence: float = 1.0):
    seen = TextInFrame(
        time_s=1.0, left=0.1, top=0.1, right=0.4, bottom=0.2, confidence=confidence, overlaid=overlaid, frame_count=4
    )
    who = Who.UPLOADER if overlaid else Who.EDITOR
    snippet = TextSnippet(text=text, source=TextSource.OCR, seen=seen)
    provenance = Provenance(reader="lettering", field="sign in the frame at 1.000 s", raw=text, who=who)
    return Observation(value=snippet, provenance=provenance)


def test_what_is_laid_over_the_picture_is_a_caption_and_a_sign_is_weaker():
    caption = ratios(said("Floating Lantern Park"))
    assert ratios(shown("Floating Lantern Park", overlaid=True)) == caption
    sign = ratios(shown("Floating Lantern Park"))
    assert 0.2 < sign["LANTERN"] < caption["LANTERN"] - 0.2


def test_a_sign_repeats_a_caption_without_adding_to_it():
    caption = said("Floating Lantern Park")
    assert ratios(caption, shown("FLOATING LANTERN PARK")) == ratios(caption)


def test_a_sign_that_names_another_place_speaks_against_none_and_takes_nothing_from_a_caption():
    assert ratios(shown("Whale Song Plaza"), fix(0, 0)).keys() == {"WHALE"}
    caption = said("Floating Lantern Park")
    signs = (shown("Salt Moon Centre"), shown("Bavet"))
    assert ratios(caption, *signs)["LANTERN"] == ratios(caption)["LANTERN"]
    assert ratios(said("in Kampong Sao"), shown("Floating Lantern Park"))["BOAT"] == ratios(said("in Kampong Sao"))["BOAT"]


def test_words_that_may_be_misread_are_weaker():
    surely, hardly = (ratios(shown("Floating Lantern Park", confidence=confidence))["LANTERN"] for confidence in (1.0, 0.7))
    assert 0.0 < hardly < surely


def test_a_sign_alone_names_no_site():
    evidence, _, _, verdict = reason(PLACES, shown("Floating Lantern Park"))
    assert not any(item.locates for item in evidence)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
