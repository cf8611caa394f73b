import json
import string
from typing import Any

import pytest
import shapely
from builders.register import register, site
from hypothesis import given, settings
from hypothesis import strategies as st

from geoverify.register.checks import check_document
from geoverify.register.dates import parse_span
from geoverify.register.document import STATUSES, parse_document
from geoverify.register.fixes import fix_document
from geoverify.register.geometry import distance_m, to_geojson
from geoverify.register.records import parse_records
from geoverify.register.remarks import Level
from geoverify.register.sites import build_site, describe_site
from geoverify.register.writing import LINE_CHARS, format_register

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)
codes = st.text(string.ascii_letters + string.digits + "-._កខ区", min_size=1, max_size=12)
latitudes = st.floats(5.1, 14.9, allow_nan=False)
longitudes = st.floats(100.1, 109.9, allow_nan=False)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def features(draw: Any) -> dict[str, Any]:
    lat_deg, lon_deg = draw(latitudes), draw(longitudes)
    corners = draw(st.integers(3, 9))
    outline = to_geojson(shapely.Point(lon_deg, lat_deg).buffer(draw(st.floats(1e-4, 2e-3)), quad_segs=corners))
    geometry = draw(st.sampled_from([outline, {"type": "Point", "coordinates": [lon_deg, lat_deg]}]))
    return site(
        draw(codes),
        geometry,
        names=[{"text": text} for text in draw(st.lists(texts, max_size=3))],
        status_history=[
            {"status": status, "from": "2024-05"} for status in draw(st.lists(st.sampled_from(STATUSES), max_size=2))
        ],
        notes=draw(texts),
        attributes=draw(st.dictionaries(st.text(max_size=9), json_values, max_size=3)),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(features(), min_size=1, max_size=4, unique_by=lambda feature: feature["properties"]["code"]))
def test_what_is_written_is_what_is_read(made: list[dict[str, Any]]) -> None:
    document = register(*made)
    data = format_register(document)
    assert json.loads(data) == document
    parsed = parse_document(data, "r")
    assert Level.ERROR not in {remark.level for remark in check_document(parsed)}
    (batch,) = [records for records, _ in parse_records(parsed)]
    for feature, record in zip(made, batch, strict=True):
        assert record.footprint is not None
        loaded = build_site(record, record.footprint, parsed.file)
        assert loaded.code == feature["properties"]["code"]
        assert loaded.notes == feature["properties"]["notes"]
        assert [name.text for name in loaded.names] == [name["text"] for name in feature["properties"]["names"]]
        assert loaded.footprint.equals_exact(shapely.geometry.shape(feature["geometry"]), 1e-9)
        json.dumps(describe_site(loaded))
    assert fix_document(document) == (document, [])


@given(features())
def test_lines_stay_readable(made: dict[str, Any]) -> None:
    for line in format_register(register(made)).decode().splitlines():
        assert len(line) <= LINE_CHARS + 2 or line.count('"') >= 2


@given(latitudes, longitudes, st.floats(1.0, 5000.0), st.floats(0.0, 360.0))
def test_distance_is_symmetric_and_that_of_the_geodesic(
    lat_deg: float, lon_deg: float, away_m: float, azimuth_deg: float
) -> None:
    from geoverify.geo import wgs84

    lon_2, lat_2, _ = wgs84().fwd(lon_deg, lat_deg, azimuth_deg, away_m)
    one, two = shapely.Point(lon_deg, lat_deg), shapely.Point(lon_2, lat_2)
    assert distance_m(one, two) == pytest.approx(away_m, abs=1e-3)
    assert distance_m(two, one) == pytest.approx(distance_m(one, two), abs=1e-3)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024", ("2024-01-01", "2024-12-31")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2023-02", ("2023-02-01", "2023-02-28")),
        ("2024-12-31", ("2024-12-31", "2024-12-31")),
        ("2024-13", None),
        ("2024-02-30", None),
        ("0000", None),
        ("24", None),
        ("2024-1", None),
        ("2024-01-01T00:00", None),
        (" 2024", None),
        ("２０２４", None),
        ("", None),
    ],
)
def test_dates_say_no_more_than_was_said(text: str, days: tuple[str, str] | None) -> None:
    if days is None:
        with pytest.raises(ValueError, match=r"YYYY|month|day|year"):
            parse_span(text)
    else:
        assert tuple(day.isoformat() for day in parse_span(text)) == days
