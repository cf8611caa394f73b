"""Names of sites and towns found in words."""

import pytest
from builders.scenes import CENTRE, register, site

from geoverify.places import SiteName
from geoverify.register.gazetteer import MAX_MATCHES, Gazetteer
from geoverify.results import MentionKind

LANTERN_NAMES = ("Floating Lantern Park", "ឧទ្យានគោមអណ្តែត", "浮灯园", "สวนโคมลอย", "Công viên Đèn Nổi")


def named(code: str, *names: str, **fields: object):
    return site(code, CENTRE, names=tuple(SiteName(text=name) for name in names), **fields)


PLACES = Gazetteer(
    register(
        named(
            "DM01",
            "Floating Lantern Park",
            "ឧទ្យានគោមអណ្តែត",
            "浮灯园",
            "สวนโคมลอย",
            "Công viên Đèn Nổi",
            locality="Kampong Sao (coast)",
        ),
        named("DM02", "Paper Boat Towers", "玻璃锚码头", locality="Bavet, Svay Rieng"),
        named("DM03", "Lantern", locality="Bavet"),
        named("DM04", "Block 12 Golden Harbour"),
    )
)


def codes(text: str) -> list[tuple[str, ...]]:
    return [mention.site_codes for mention in PLACES.search(text)]


@pytest.mark.parametrize(
    "text",
    [
        "filmed at Floating Lantern Park today",
        "#FloatingLanternPark",
        "FLOATING  LANTERN-PARK.",
        "Fl\u200boating Lantern Park",
        "ខ្ញុំនៅឧទ្យាន\u200bគោមអណ្តែតថ្ងៃនេះ",
        "昨天在浮燈園拍的",
        "ที่สวนโคมลอยวันนี้",
        "o cong vien den noi",
        "Floatin Lantern Park",
        "clip_dm01_front",
    ],
)
def test_a_site_is_found_whatever_the_form(text):
    assert codes(text) == [("DM01",)]


@pytest.mark.parametrize("text", ["", "lanterns everywhere", "DM012", "Block 13 Golden Harbour", "a park with a boat", "DM-"])
def test_what_only_looks_like_a_name_is_not_found(text):
    assert codes(text) == []


def test_a_name_inside_a_longer_one_is_not_told():
    assert codes("Floating Lantern Park") == [("DM01",)]
    assert codes("at the Lantern tonight") == [("DM03",)]


def test_a_town_means_all_its_sites_in_every_romanisation():
    (mention,) = PLACES.search("somewhere in Bavit")
    assert (mention.kind, mention.site_codes) == (MentionKind.TOWN, ("DM02", "DM03"))
    assert codes("Kompong Sao") == codes("Kâmpóng Sao") == [("DM01",)]


def test_the_words_around_a_match_are_shown():
    (mention,) = PLACES.search("x" * 100 + " seen near\nPaper Boat Towers at night " + "y" * 100)
    assert mention.context.startswith("…x")
    assert "seen near «Paper Boat Towers» at night" in mention.context
    assert mention.context.endswith("…")


def test_a_slip_is_counted_and_an_exact_name_has_none():
    assert [mention.edits for mention in PLACES.search("Floating Lantren Park")] == [1]
    assert [mention.edits for mention in PLACES.search("Floating Lantern Park")] == [0]


def test_hostile_text_is_bounded():
    assert len(PLACES.search("Lantern " * 500)) == MAX_MATCHES
    PLACES.search("floatinglanter" * 300)


def test_an_empty_register_finds_nothing():
    assert Gazetteer(register()).search("Floating Lantern Park") == []
