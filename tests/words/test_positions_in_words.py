"""Positions in words, in every notation and language that is read."""

from urllib.parse import quote

import pytest
from builders.scenes import seen
from hypothesis import given
from hypothesis import strategies as st

from geoverify.model import Absent, Observation, PlaceClaim, TextSnippet, TextSource, Who
from geoverify.words.claims import MAX_CLAIMS, claim_positions, find_positions
from geoverify.words.grids import decode_plus_code, find_short_plus_codes, recover_plus_code
from geoverify.words.links import find_unresolved

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
    "text",
    [
        "lon 103.5296 lat 10.6093",
        "lng: 103.5296, lat: 10.6093",
        "longitude=103.5296&latitude=10.6093",
        "Long/Lat: 103.5296, 10.6093",
        "(lat,long) 10.6093, 103.5296",
        "not long 10.6093, 103.5296",
        "lng 103.5296 10.6093",
        "经度：103.5296，纬度：10.6093",
        "位置經度103.5296緯度10.6093",
        "坐标10.6093,103.5296",
        "ลองจิจูด 103.5296 ละติจูด 10.6093",
        "ที่ละติจูดที่ 10.6093 ลองจิจูดที่ 103.5296",
        "រយៈបណ្ដោយ ១០៣.៥២៩៦ រយៈទទឹង ១០.៦០៩៣",
        "រយៈបណ្តោយ: 103.5296, រយៈទទឹង: 10.6093",
        "kinh độ 103.5296, vĩ độ 10.6093",
        "Kinh độ Đông 103.5296 vĩ độ Bắc 10.6093",
        "долгота 103.5296, широта 10.6093",
        "lat 10,6093, lon 103,5296",
        "lat 10.6093 N lon 103.5296",
        "10°36'33.48\"B - 103°31'46.56\"Đ",
        "10°36'33.48\"N–103°31'46.56\"E",
        "10°36'33.48\"N103°31'46.56\"E",
        "N10°36'33.48\"E103°31'46.56\"",
        "N10.6093E103.5296",
        "10.6093N103.5296E",
        "北纬10°36'33.48\"东经103°31'46.56\"",
        "位于北纬10度36分33.48秒东经103度31分46.56秒",
        "10°36'33.48\"B và 103°31'46.56\"Đ",
        "10.6093°N and 103.5296°E",
        "10.6093°เหนือและ103.5296°ตะวันออก",
        "N10 36 33.48 E103 31 46.56",
        "10 36 33.48N, 103 31 46.56E",
        "N 10° 36.558 E 103° 31.776",
        "10:36:33.48N 103:31:46.56E",
        "10 độ 36 phút 33,48 giây Bắc, 103 độ 31 phút 46,56 giây Đông",
        "10°36'33.48\" vĩ độ Bắc, 103°31'46.56\" kinh độ Đông",
        "10 องศา 36 ลิปดา 33.48 ฟิลิปดา เหนือ 103 องศา 31 ลิปดา 46.56 ฟิลิปดา ตะวันออก",
        "10 องศา36 ลิปดา33.48 ฟิลิปดาเหนือ 103 องศา31 ลิปดา46.56 ฟิลิปดาตะวันออก",
        "10.6093 degrees north, 103.5296 degrees east",
        "10 degrees 36 minutes 33.48 seconds North, 103 degrees 31 minutes 46.56 seconds East",
        "10 градусов 36.558 минут с.ш., 103 градуса 31.776 минут в.д.",
        "Block 12, 10.6093, 103.5296",
    ],
)
def test_labels_order_and_joints_in_the_way_people_write_them(text):
    position = only(text).position
    assert (position.lat_deg, position.lon_deg) == pytest.approx(SIHANOUKVILLE, abs=1e-6)


def test_a_label_keeps_the_sign_and_a_longitude_below_ninety_is_not_swapped():
    position = only("lon 50.1234 lat -10.6123").position
    assert (position.lat_deg, position.lon_deg) == (-10.6123, 50.1234)


@pytest.mark.parametrize(
    ("text", "at", "within_deg"),
    [
        # Published examples: the Open Location Code test data, Wikipedia's geohash and MGRS articles.
        ("meet at 8FVC9G8F+6X please", (47.36559, 8.524997), 1e-4),
        ("geohash: u4pruydqqvj", (57.64911, 10.40744), 1e-5),
        ("grid 4Q FJ 12345 67890", (21.40980, -157.91608), 1e-4),
        ("4QFJ1234567890", (21.40980, -157.91608), 1e-4),
        ("at 4QFJ 1234 6789, by night", (21.40980, -157.91608), 1e-3),
        ("mgrs: 4qfj1234567890", (21.40980, -157.91608), 1e-4),
        ("MGRS 4Q FJ 123 678", (21.40980, -157.91608), 1e-3),
        ("geohash u4pruydqqvj", (57.64911, 10.40744), 1e-5),
        ("https://geohash.org/u4pruydqqvj", (57.64911, 10.40744), 1e-5),
        ("geohash=u4pru", (57.64911, 10.40744), 3e-2),
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
        # Money, a flight, and squares that are not in their zone or not in their band.
        "Golden Fortune Science Park salary 15 USD 100000",
        "salary 15 USD 10000000 a year",
        "15 USD 1000 2000",
        "gate 4qfj1234567890",
        "4Q FJ 123 678",
        "4QSJ1234567890",
        "4QFA1234567890",
        "4QFJ123456789",
        "the geohash number we use",
        "geohash system",
        "geohash between us",
        "geohash: between us",
        "geohash 123456",
        "Size S 11.5 E 36.5",
        "iPhone 13.5 S 14.5 E",
        "EUR 1.0845 1.2734",
        "1.0845 1.2734 USD",
        "€ 1.0845, 1.2734",
        "between 10.6093 and 103.5296",
        "10.6093 - 103.5296",
        "10:20:30 11:40:50",
        "11 04 40.8, 106 10 11.3",
        "lat 10.6093 lat 103.5296",
        "latitude 10.6093 E, longitude 103.5296 N",
        "arms long 10.5, lat 20.5",
        "อุณหภูมิ 35 องศา 40 องศา",
        "EUR/USD: 1.0845, 1.2734",
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


GOOGLE_PIN = (
    "https://www.google.com/maps/place/11%C2%B004'40.8%22N+106%C2%B010'11.3%22E/"
    "@11.5,106.1672,17z/data=!3m1!4b1!4m4!3m3!8m2!3d11.078!4d106.1698"
)


@pytest.mark.parametrize(
    "text",
    [
        GOOGLE_PIN,
        f"see {GOOGLE_PIN}, by the gate",
        f"'{GOOGLE_PIN}'",
        f"<a href='{GOOGLE_PIN}'>there</a>",
        GOOGLE_PIN.replace("%22", '"').replace("%C2%B0", "°"),
        GOOGLE_PIN.partition("@")[0],
        "https://maps.google.com/?q=11%C2%B004'40.8%22N%20106%C2%B010'11.3%22E",
    ],
)
def test_the_minutes_in_a_google_link_do_not_end_it(text):
    position = only(text).position
    assert (position.lat_deg, position.lon_deg) == pytest.approx((11.078, 106.1698), abs=1e-5)
    assert position.horizontal_error_m is None


def test_resolution_follows_the_digits():
    assert only("10.6093, 103.5296").position.resolution_m == pytest.approx(11.1, abs=0.1)
    assert only("10°36'N 103°31'E").position.resolution_m == pytest.approx(1853, abs=1)


def test_a_short_plus_code_is_recovered_near_its_town():
    full = decode_plus_code("8FVC9G8F6X")
    assert find_short_plus_codes("at 9G8F+6X Zurich") == ["9G8F+6X"]
    assert recover_plus_code("9G8F+6X", 47.4, 8.6) == pytest.approx(full)
    assert recover_plus_code("8F+6X", 47.37, 8.53) == pytest.approx(full)
    assert recover_plus_code("9G8F+6X", 48.4, 8.6)[0] == pytest.approx(full[0] + 1.0)


def test_a_short_plus_code_in_small_letters_is_one_and_a_sum_is_none():
    assert find_short_plus_codes("at 9g8f+6x Zurich") == ["9G8F+6X"]
    assert find_short_plus_codes("2345+67 people, cfgh+mp") == []


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


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("at ///filled.count.soap.", "///filled.count.soap"),
        ("https://what3words.com/filled.count.soap", "///filled.count.soap"),
        ("https://what3words.com/km/filled.count.soap?x=1", "///filled.count.soap"),
        ("https://w3w.co/filled.count.soap", "///filled.count.soap"),
        ("///เมือง.ครั้งนี้.น้ำดี", "///เมือง.ครั้งนี้.น้ำดี"),
        (f"https://what3words.com/th/{quote('เมือง.น้ำ.ดี')}", "///เมือง.น้ำ.ดี"),
        ("///អគារ.ទឹកក.ភ្នំ", "///អគារ.ទឹកក.ភ្នំ"),
        ("///广场地。天空中。河流上", "///广场地。天空中。河流上"),
        ("https://maps.app.goo.gl/AbC123", "maps.app.goo.gl/AbC123"),
        ("https://maps.apple.com/p/Abc~12_x", "maps.apple.com/p/Abc~12_x"),
        ("https://maps.apple/p/Abc12", "maps.apple/p/Abc12"),
        ("https://maps.google.com/?cid=1234567890123456789", "maps.google.com/?cid=1234567890123456789"),
        ("https://www.google.com/maps?hl=th&cid=123456789", "www.google.com/maps?hl=th&cid=123456789"),
        ("https://www.google.com/maps/place/?q=place_id:ChIJ12-ab_c", "www.google.com/maps/place/?q=place_id:ChIJ12-ab_c"),
        ("https://g.page/golden-sun-hotel", "g.page/golden-sun-hotel"),
        ("https://g.page/r/CabC123xyz/review", "g.page/r/CabC123xyz/review"),
        ("see share.google/aBc123XyZ.", "share.google/aBc123XyZ"),
    ],
)
def test_each_address_that_only_a_server_resolves_is_told(text, address):
    assert find_unresolved(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "file:///home.dir.name",
        "//cdn.example.org/a.b.c",
        "https://example.org/filled.count.soap",
        "https://what3words.com/about",
        "https://maps.google.com/?ll=10.6093,103.5296&cid=12345",
        "https://maps.google.com/?cid=12345&ll=10.6093,103.5296",
        "https://notmaps.apple.com.example.org/p/Abc12",
        "https://www.google.com/search?q=cid",
        "///a.b.c.d.e",
    ],
)
def test_what_leads_to_no_place_or_says_it_itself_is_not_told(text):
    assert find_unresolved(text) == []


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
