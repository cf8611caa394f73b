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


CODED = Gazetteer(register(named("BA01"), named("SI03"), named("KA 02")))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BA01", "BA01"),
        ("ba01 gate", "BA01"),
        ("BA 01", "BA01"),
        ("at BA 01, by night", "BA01"),
        ("ba-01.", "BA01"),
        ("clip_ba_01_front.mp4", "BA01"),
        ("BA-01-02.mp4", "BA01"),
        ("BA01/02/2024", "BA01"),
        ("B\u200bA01", "BA01"),
        ("KA 02", "KA 02"),
        ("ka02", "KA 02"),
    ],
)
def test_a_code_is_found_with_a_gap_where_that_can_mean_nothing_else(text, code):
    assert [mention.site_codes for mention in CODED.search(text)] == [(code,)]


@pytest.mark.parametrize(
    "text",
    [
        "Thứ Ba 01/02/2024",
        "thứ ba 01 tháng 2",
        "THỨ BA 01/02/2024",
        "THỨ BA 01.02.2024",
        "Ba-01-02-2024",
        "Thứ Ba, 01",
        "SI 03:30",
        "Si 03 personas",
        "ba\n01",
        "ka 02",
    ],
)
def test_a_day_or_a_word_before_a_number_is_no_code(text):
    assert CODED.search(text) == []


def test_a_name_that_reads_like_a_code_keeps_its_gaps():
    (mention,) = Gazetteer(register(named("BA01"), named("XX", "Ba 01"))).search("at ba 01 tonight")
    assert mention.site_codes == ("BA01", "XX")


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


def test_the_country_of_all_sites_tells_none_of_them():
    localities = ["Bavet, Svay Rieng, Cambodia"] * 2 + [f"Town{letter}, Province{letter}, Cambodia" for letter in "ABCDEFGH"]
    gazetteer = Gazetteer(register(*(named(f"DM{number:02}", locality=text) for number, text in enumerate(localities))))
    assert gazetteer.search("somewhere in Cambodia") == []
    assert [mention.site_codes for mention in gazetteer.search("in Bavet, Cambodia")] == [("DM00", "DM01")]
    assert [mention.site_codes for mention in gazetteer.search("in Svay Rieng")] == [("DM00", "DM01")]


def test_the_town_of_all_sites_is_still_a_town():
    gazetteer = Gazetteer(register(*(named(f"DM{number:02}", locality="Bavet, Svay Rieng") for number in range(5))))
    assert [len(mention.site_codes) for mention in gazetteer.search("Bavet, Svay Rieng")] == [5]
