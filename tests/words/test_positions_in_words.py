"""Positions in words, in every notation and language that is read."""

import pytest
from builders.scenes import seen
from hypothesis import given
from hypothesis import strategies as st

from geoverify.model import Absent, Observation, PlaceClaim, TextSnippet, TextSource, Who
from geoverify.words.claims import MAX_CLAIMS, claim_positions, find_positions
from geoverify.words.grids import decode_plus_code, find_short_plus_codes, recover_plus_code

SIHANOUKVILLE = (10.6093, 103.5296)


def only(text: str, lang: str | None = None):
    found = list(find_positions(text, lang))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("10.6093, 103.5296", None),
        ("here: 10.6093 103.5296 (gate)", None),
        ("lat 10.6093 lon 103.5296", None),
        ("Latitude: 10.6093, Longitude: 103.5296", None),
        ("10.6093° N, 103.5296° E", None),
        ("N 10.6093 E 103.5296", None),
        ("103.5296 E, 10.6093 N", None),
        ("10,6093 N / 103,5296 E", None),
        ("10°36'33.48\"N 103°31'46.56\"E", None),
        ("10º36′33.48″N, 103º31′46.56″E", None),
        ("10°36.558'N 103°31.776'E", None),
        ("១០.៦០៩៣, ១០៣.៥២៩៦", None),
        ("๑๐.๖๐๙๓ ๑๐๓.๕๒๙๖", None),
        ("北纬10.6093° 东经103.5296°", None),
        ("北緯10°36'33.48\"，東經103°31'46.56\"", None),
        ("北纬10度36分33.48秒，东经103度31分46.56秒", None),
        ("10.6093° с.ш., 103.5296° в.д.", None),
        ("10.6093° Bắc, 103.5296° Đông", None),
        ("10°36'33.48\"B 103°31'46.56\"Đ", None),
        ("10.6093° เหนือ 103.5296° ตะวันออก", None),
        ("10.6093° ជើង 103.5296° កើត", None),
        ("10.6093° شمالا، 103.5296° شرقا", None),
        ("10.6093° norte, 103.5296° este", None),
        ("10.6093° nord, 103.5296° est", None),
        ("10,6093° Nord, 103,5296° Ost", None),
        ("10,6093° N, 103,5296° O", "de"),
        ("10.6093\u200b, \u200e103.5296", None),
        ("https://www.google.com/maps/place/X/@10.5,103.4,15z/data=!3m1!4b1!8m2!3d10.6093!4d103.5296", None),
        ("https://maps.google.com/?q=10.6093,103.5296", None),
        ("https://www.google.com/maps/search/?api=1&query=10.6093%2C103.5296", None),
        ("https://www.google.co.th/maps/dir//10.6093,103.5296", None),
        ("https://www.openstreetmap.org/?mlat=10.6093&mlon=103.5296#map=19/10.5/103.5", None),
        ("https://maps.apple.com/?ll=10.6093,103.5296&q=Gate", None),
        ("https://www.bing.com/maps?sp=point.10.6093_103.5296_gate", None),
        ("geo:10.6093,103.5296?z=17", None),
    ],
)
def test_one_place_in_every_notation(text, lang):
    position = only(text, lang).position
    assert (position.lat_deg, position.lon_deg) == pytest.approx(SIHANOUKVILLE, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "at", "within_deg"),
    [
        # Published examples: the Open Location Code test data, Wikipedia's geohash and MGRS articles.
        ("meet at 8FVC9G8F+6X please", (47.36559, 8.524997), 1e-4),
        ("geohash: u4pruydqqvj", (57.64911, 10.40744), 1e-5),
        ("grid 4Q FJ 12345 67890", (21.40980, -157.91608), 1e-4),
        ("33.8688° S, 151.2093° E", (-33.8688, 151.2093), 1e-9),
        ("-33.8688, 151.2093", (-33.8688, 151.2093), 1e-9),
        ("10°36'33\"B 30°31'46\"T", (10.609167, -30.529444), 1e-5),
        ("10°36'33\"N 103°31'46\"Đ", (-10.609167, 103.529444), 1e-5),
    ],
)
def test_published_examples_and_other_hemispheres(text, at, within_deg):
    position = only(text).position
    assert (position.lat_deg, position.lon_deg) == pytest.approx(at, abs=within_deg)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 people, 30 trucks",
        "10.60, 103.52",
        "paid 1.500,50 and 2.300,75",
        "version 10.6093.1, 103.5296.2",
        "0.0000, 0.0000",
        "95.0000, 200.0000",
        "10.6093 N 103.5296",
        "10.6093 N, 11.6093 N",
        "10°75'00\"N 103°31'46\"E",
        "10,6093° N, 103,5296° O",
        "u4pruydqqvj",
        "2026-01-17 09:00:00",
        "99X ZZ 12345 67890",
        "https://example.org/maps/@10.6093,103.5296,15z",
    ],
)
def test_what_is_no_position_is_none(text):
    assert list(find_positions(text)) == []


def test_a_view_is_as_uncertain_as_the_screen_is_wide():
    wide = only("https://www.google.com/maps/@10.6093,103.5296,12z").position
    close = only("https://www.openstreetmap.org/#map=18/10.6093/103.5296").position
    assert wide.horizontal_error_m == pytest.approx(18_783, rel=0.01)
    assert close.horizontal_error_m == pytest.approx(293.5, rel=0.01)


def test_resolution_follows_the_digits():
    assert only("10.6093, 103.5296").position.resolution_m == pytest.approx(11.1, abs=0.1)
    assert only("10°36'N 103°31'E").position.resolution_m == pytest.approx(1853, abs=1)


def test_a_short_plus_code_is_recovered_near_its_town():
    full = decode_plus_code("8FVC9G8F6X")
    assert find_short_plus_codes("at 9G8F+6X Zurich") == ["9G8F+6X"]
    assert recover_plus_code("9G8F+6X", 47.4, 8.6) == pytest.approx(full)
    assert recover_plus_code("8F+6X", 47.37, 8.53) == pytest.approx(full)
    assert recover_plus_code("9G8F+6X", 48.4, 8.6)[0] == pytest.approx(full[0] + 1.0)


def snippet(text: str, who: Who = Who.UPLOADER) -> Observation:
    return seen(TextSnippet(text=text, source=TextSource.CAPTION), who, field="description", reader="sidecars.ytdlp")


def test_a_claim_is_its_writers_and_says_where_it_stood():
    (claim,) = claim_positions([snippet("gate at 10.6093, 103.5296")])
    assert isinstance(claim.value, PlaceClaim)
    assert claim.provenance.who is Who.UPLOADER
    assert claim.provenance.field == "decimal degrees in description"
    assert claim.provenance.raw == "10.6093, 103.5296"


def test_what_only_a_server_resolves_is_absent_and_says_so():
    found = list(claim_positions([snippet("///filled.count.soap or https://maps.app.goo.gl/AbC123")]))
    assert [type(item) for item in found] == [Absent, Absent]
    assert "///filled.count.soap" in found[0].detail


@given(st.text(alphabet=st.sampled_from("0123456789.,°'\"NSEWO -+/@!d北东ជ:"), max_size=200))
def test_any_text_is_read_without_failing(text):
    for found in find_positions(text):
        assert abs(found.position.lat_deg) <= 90.0
        assert abs(found.position.lon_deg) <= 180.0


@pytest.mark.parametrize(
    "unit", ["1 ", "1.1111,", "1°1'", "https://a.b/", "N 1 ", "10.6093, 103.5296 ", "1'", "geohash", "lat ", "N."]
)
def test_hostile_text_is_bounded(unit):
    assert len(list(claim_positions([snippet(unit * (4096 // len(unit)))]))) <= MAX_CLAIMS
