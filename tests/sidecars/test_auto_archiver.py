"""auto-archiver: its CSV holds Python's own notation; results are found by stored path or digest."""

import datetime as dt
import hashlib

import pytest
from builders.sidecars import MEDIA, POSTED, archive_result, as_json, observations_of, problems_of, put, table_csv, values_of

from geoverify.model import CaptureTime, Clock, Post, TextSnippet, TimeMeaning, Who
from geoverify.sidecars import read_sidecars

DIGEST = hashlib.sha256(MEDIA).hexdigest()


def read(folder, *results, media="archive/a1/b2.jpg"):
    put(folder / "db.csv", table_csv(*results))
    return read_sidecars(put(folder / media, MEDIA))


def test_a_result_says_who_what_and_when(tmp_path):
    result = read(tmp_path, archive_result("a1/other.jpg", url="https://t.me/other/1"), archive_result("a1/b2.jpg"))
    assert problems_of(result) == []
    assert values_of(result, Post) == [Post(platform="telegram", url="https://t.me/riverwatch/123", uploader="River Watch")]
    assert [item.text for item in values_of(result, TextSnippet)] == ['Compound\'s "gate"', "By the river\n\\o/"]
    times = [(item.value.instant_utc, item.value.clock, item.provenance.who) for item in observations_of(result)[-2:]]
    assert times == [
        (POSTED, Clock.PLATFORM, Who.PLATFORM),
        (dt.datetime(2024, 1, 18, 4, 0, 0, 123456, tzinfo=dt.UTC), Clock.DOWNLOADER, Who.DOWNLOADER),
    ]


def test_a_time_without_a_zone_stays_without(tmp_path):
    posted = values_of(read(tmp_path, archive_result("a1/b2.jpg", timestamp=dt.datetime(2024, 1, 17, 4))), CaptureTime)[0]
    assert posted == CaptureTime(local=dt.datetime(2024, 1, 17, 4), clock=Clock.PLATFORM, meaning=TimeMeaning.POSTED)


def test_a_time_in_another_zone_keeps_it(tmp_path):
    zone = dt.timezone(dt.timedelta(hours=-3, minutes=-30))
    posted = values_of(
        read(tmp_path, archive_result("a1/b2.jpg", timestamp=dt.datetime(2024, 1, 17, 4, tzinfo=zone))), CaptureTime
    )[0]
    assert posted.offset_minutes == -210
    assert posted.instant_utc == dt.datetime(2024, 1, 17, 7, 30, tzinfo=dt.UTC)


def test_the_digest_pairs_whatever_the_name(tmp_path):
    results = [archive_result("x.jpg", digest=DIGEST, title="mine"), archive_result("y.jpg", digest="0" * 64)]
    assert values_of(read(tmp_path, *results, media="renamed.jpg"), TextSnippet)[0].text == "mine"


def test_a_json_result_and_a_list_of_them_are_read_by_hand(tmp_path):
    metadata = {"url": "https://t.me/a/1", "timestamp": "2024-01-17T04:00:00+00:00", "author": {"name": "an object"}}
    result = {**archive_result("a1/b2.jpg"), "metadata": metadata}
    media = put(tmp_path / "archive/a1/b2.jpg", MEDIA)
    for document in (result, [result, {**result, "media": []}]):
        path = put(tmp_path / "elsewhere" / "results.json", as_json(document))
        found = read_sidecars(media, [path])
        assert problems_of(found) == []
        assert [item.url for item in values_of(found, Post)] == ["https://t.me/a/1"]
        assert values_of(found, CaptureTime)[0].instant_utc == POSTED


@pytest.mark.parametrize("metadata", ["{'url': __import__('os').system('true')}", "{'url': 'a'", "[1]", "x" * 100, ""])
def test_metadata_that_is_no_plain_value_is_a_problem_and_runs_nothing(metadata, tmp_path):
    result = read(tmp_path, {**archive_result("a1/b2.jpg"), "metadata": metadata})
    assert values_of(result, TextSnippet) == []
    assert [item.code for item in problems_of(result)] in (["sidecar-broken"], [])
    assert not observations_of(result)


def test_other_tables_of_that_name_are_left_alone(tmp_path):
    put(tmp_path / "db.csv", b"id,name\n1,x\n")
    assert read_sidecars(put(tmp_path / "a.jpg", MEDIA)).findings == []
