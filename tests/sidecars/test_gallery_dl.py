"""gallery-dl: the fields of each platform, and dates that are in UTC by its own definition."""

import pytest
from builders.sidecars import (
    MEDIA,
    POSTED,
    as_json,
    gallery_dl_facebook,
    gallery_dl_instagram,
    gallery_dl_tiktok,
    gallery_dl_x,
    observations_of,
    problems_of,
    put,
    values_of,
)

from geoverify.model import CaptureTime, PlaceClaim, Post, TextSnippet, Who
from geoverify.sidecars import read_sidecars


def read(folder, post, media="a.jpg", name="a.jpg.json"):
    put(folder / name, as_json(post))
    return read_sidecars(put(folder / media, MEDIA))


POSTS = {
    "x": (
        gallery_dl_x(),
        Post(platform="twitter", post_id="1747468800000000000", uploader="River Watch", uploader_id="riverwatch"),
        ["Compound on the river #casino", "casino"],
        [],
    ),
    "instagram": (
        gallery_dl_instagram(),
        Post(
            platform="instagram",
            post_id="C2Mabcdefgh",
            url="https://www.instagram.com/p/C2Mabcdefgh/",
            uploader="riverwatch",
            uploader_id="5566778899",
        ),
        ["By the river", "#river"],
        ["bavet cambodia"],
    ),
    "facebook": (
        gallery_dl_facebook(),
        Post(platform="facebook", post_id="1122334455", uploader="River Watch", uploader_id="100064000000000"),
        ["By the river"],
        [],
    ),
    "tiktok": (
        gallery_dl_tiktok(),
        Post(platform="tiktok", post_id="7325000000000000000", uploader="riverwatch", uploader_id="6800000000000000000"),
        ["By the river #casino"],
        ["Bavet Casino, National Road 1, Bavet, Cambodia", "Bavet, KH"],
    ),
}


@pytest.mark.parametrize("platform", POSTS)
def test_post_words_places_and_time_of_each_platform(platform, tmp_path):
    document, post, words, places = POSTS[platform]
    result = read(tmp_path, document)
    assert problems_of(result) == []
    assert values_of(result, Post) == [post]
    assert [item.text for item in values_of(result, TextSnippet)] == words
    assert [item.name for item in values_of(result, PlaceClaim)] == places
    assert [item.instant_utc for item in values_of(result, CaptureTime)] == [POSTED]
    for item in observations_of(result):
        expected = Who.PLATFORM if isinstance(item.value, Post | CaptureTime) else Who.UPLOADER
        assert item.provenance.who is expected


def test_the_authors_home_is_no_place_of_the_picture(tmp_path):
    result = read(tmp_path, gallery_dl_x())
    assert "London" not in str(result.findings)


def test_the_raw_place_keeps_the_slug_and_its_address(tmp_path):
    result = read(tmp_path, gallery_dl_instagram())
    raw = next(item.provenance.raw for item in observations_of(result) if isinstance(item.value, PlaceClaim))
    assert '"bavet-cambodia"' in raw
    assert "/explore/locations/213456789/" in raw


@pytest.mark.parametrize("name", ["a.jpg.json", "a.json"])
def test_both_names_of_the_file_pair(name, tmp_path):
    assert values_of(read(tmp_path, gallery_dl_x(), name=name), Post)


def test_the_folders_file_counts_only_for_its_own_post(tmp_path):
    put(tmp_path / "info.json", as_json(gallery_dl_x()))
    mine = put(tmp_path / "1747468800000000000_1.jpg", MEDIA)
    other = put(tmp_path / "1747468800000000001_1.jpg", MEDIA)
    assert values_of(read_sidecars(mine), Post)
    assert read_sidecars(other).findings == []


@pytest.mark.parametrize("date", ["soon", "17.01.2024", {"a": 1}])
def test_a_date_that_is_none_is_named(date, tmp_path):
    result = read(tmp_path, gallery_dl_x(date=date))
    assert values_of(result, CaptureTime) == []
    assert [item.where for item in problems_of(result)] == ["sidecars.gallery_dl.date"]
