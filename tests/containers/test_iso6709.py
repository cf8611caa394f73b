"""Points as text, from the standard's own forms to what devices make of them."""

import math
import random

import pytest

from geoverify.containers.iso6709 import parse_iso6709
from geoverify.errors import MalformedError


@pytest.mark.parametrize(
    ("text", "lat_deg", "lon_deg", "height_m"),
    [
        ("+27.5916+086.5640+8850/", 27.5916, 86.5640, 8850.0),
        ("+40.6894-074.0447/", 40.6894, -74.0447, None),
        ("-90+000+2800/", -90.0, 0.0, 2800.0),
        ("+48.8577+002.295/", 48.8577, 2.295, None),
        ("+51.5932-0.2431/", 51.5932, -0.2431, None),
        ("+27.1281+100.2508+000.000/", 27.1281, 100.2508, 0.0),
        ("+4041.36-07402.68/", 40 + 41.36 / 60, -(74 + 2.68 / 60), None),
        ("+1234.1-09854.1/", 12 + 34.1 / 60, -(98 + 54.1 / 60), None),
        ("+123456.7-0985432.1+15.9/", 12 + 34 / 60 + 56.7 / 3600, -(98 + 54 / 60 + 32.1 / 3600), 15.9),
        ("-334500-0703000CRSWGS_84/", -33.75, -70.5, None),
        ("+10.6089+103.5326", 10.6089, 103.5326, None),
        (" +10.6089 +103.5326 +12.5 / ", 10.6089, 103.5326, 12.5),
        ("+10,6089+103,5326+12,5/", 10.6089, 103.5326, 12.5),
        ("+35.658632+139.745411+CRSWGS_84/".replace("+CRS", "CRS"), 35.658632, 139.745411, None),
        ("-00.5-000.25/", -0.5, -0.25, None),
        ("+10.+103./", 10.0, 103.0, None),
    ],
)
def test_parse(text: str, lat_deg: float, lon_deg: float, height_m: float | None) -> None:
    point = parse_iso6709(text)
    assert point.lat_deg == pytest.approx(lat_deg, abs=1e-12)
    assert point.lon_deg == pytest.approx(lon_deg, abs=1e-12)
    assert point.height_m == height_m


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "10.6089+103.5326/",
        "+10.6089",
        "+10.6089+103.5326+1+2/",
        "+010.6089+103.5326/",
        "+1060.0+10300.0/",
        "+1030.0+103.5/",
        "+103060.0+1030000/",
        "+nan+nan/",
        "+1e5+1e5/",
        "N10.6 E103.5",
        "+10.6089,+103.5326/",
        "+10.6089+103.5326/+10.7+103.6/",
        "+٣٣.5+044.4/",
        "+10.6089+103.5326/ trailing",
        "+" + "9" * 5000,
    ],
)
def test_refuse(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_iso6709(text)


@pytest.mark.parametrize(
    ("text", "lat_step_deg", "lon_step_deg"),
    [
        ("+10.6089+103.53/", 1e-4, 1e-2),
        ("+10+103/", 1.0, 1.0),
        ("+1036.5+10331.95/", 0.1 / 60, 0.01 / 60),
        ("+103632+1033157.1/", 1 / 3600, 0.1 / 3600),
    ],
)
def test_step_is_that_of_the_last_digit(text: str, lat_step_deg: float, lon_step_deg: float) -> None:
    point = parse_iso6709(text)
    assert (point.lat_step_deg, point.lon_step_deg) == pytest.approx((lat_step_deg, lon_step_deg))


def test_crs_is_kept() -> None:
    assert parse_iso6709("+35.6586+139.7454CRSJGD2000/").crs == "JGD2000"


def test_round_trip_in_every_form() -> None:
    rng = random.Random(6709)
    for _ in range(300):
        lat, lon = rng.uniform(-90, 90), rng.uniform(-180, 180)
        sign_lat, sign_lon = "+-"[lat < 0], "+-"[lon < 0]
        (part_lat, whole_lat), (part_lon, whole_lon) = math.modf(abs(lat)), math.modf(abs(lon))
        if max(part_lat, part_lon) > 0.99999:
            continue
        forms = (
            f"{sign_lat}{abs(lat):010.7f}{sign_lon}{abs(lon):011.7f}/",
            f"{sign_lat}{whole_lat:02.0f}{part_lat * 60:08.5f}{sign_lon}{whole_lon:03.0f}{part_lon * 60:08.5f}/",
        )
        for form in forms:
            point = parse_iso6709(form)
            assert point.lat_deg == pytest.approx(lat, abs=1e-6), form
            assert point.lon_deg == pytest.approx(lon, abs=1e-6), form


def test_any_text_parses_or_is_refused() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        text = "".join(rng.choices("+-0123456789.,/ CRSWGS_84\0é", k=rng.randrange(0, 40)))
        try:
            point = parse_iso6709(text)
        except MalformedError:
            continue
        assert math.isfinite(point.lat_deg) and math.isfinite(point.lon_deg)
