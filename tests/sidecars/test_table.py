"""The table that people keep: its columns by any of their names, rows by digest, path or name, times as they are written."""

import codecs
import datetime as dt
import hashlib

import pytest
from builders.sidecars import MEDIA, observations_of, plain_row, problems_of, put, table_csv, values_of

from geoverify.model import Absent, CaptureTime, Clock, Post, Reason, TextSnippet, TimeMeaning, Who
from geoverify.sidecars import read_sidecars


def read(folder, data, media="a.jpg", table="posts.csv"):
    path = put(folder / table, data)
    return read_sidecars(put(folder / media, MEDIA), [path])


def test_a_row_says_what_whoever_keeps_the_table_wrote(tmp_path):
    result = read(tmp_path, table_csv(plain_row("a.jpg"), plain_row("b.jpg", caption="other")))
    assert problems_of(result) == []
    url = "https://x.com/riverwatch/status/1747468800000000000"
    assert values_of(result, Post) == [Post(platform="twitter", url=url, uploader="River Watch")]
    assert [item.text for item in values_of(result, TextSnippet)] == ["By the river"]
    assert {item.provenance.who for item in observations_of(result)} == {Who.DOWNLOADER}
    assert values_of(result, CaptureTime) == [
        CaptureTime(
            instant_utc=dt.datetime(2024, 1, 17, 4, 0, tzinfo=dt.UTC),
            local=dt.datetime(2024, 1, 17, 11, 0),
            offset_minutes=420,
            clock=Clock.PLATFORM,
            meaning=TimeMeaning.POSTED,
        )
    ]


@pytest.mark.parametrize(
    ("text", "local", "offset", "step_s"),
    [
        ("2024-01-17 11:00:00", dt.datetime(2024, 1, 17, 11), None, None),
        ("2024-01-17T11:00", dt.datetime(2024, 1, 17, 11), None, 60.0),
        ("2024-01-17", dt.datetime(2024, 1, 17), None, 86_400.0),
        ("20240117", dt.datetime(2024, 1, 17), None, 86_400.0),
        ("2024-01-17T04:00:00Z", dt.datetime(2024, 1, 17, 4), 0, None),
        ("2024-01-17 04:00 UTC", dt.datetime(2024, 1, 17, 4), 0, 60.0),
        ("2024-01-17T00:30-03:30", dt.datetime(2024, 1, 17, 0, 30), -210, 60.0),
        ("2024-01-17T11", dt.datetime(2024, 1, 17, 11), None, 3600.0),
    ],
)
def test_a_zone_that_is_not_written_stays_unknown(text, local, offset, step_s, tmp_path):
    (when,) = values_of(read(tmp_path, table_csv(plain_row("a.jpg", posted_at=text))), CaptureTime)
    assert (when.local, when.offset_minutes, when.resolution_s) == (local, offset, step_s)
    assert (when.instant_utc is None) == (offset is None)
    if offset is not None:
        assert when.instant_utc.replace(tzinfo=None) == local - dt.timedelta(minutes=offset)


def test_seconds_since_1970_are_a_time(tmp_path):
    (when,) = values_of(read(tmp_path, table_csv(plain_row("a.jpg", posted_at="1705464000"))), CaptureTime)
    assert (when.instant_utc, when.local) == (dt.datetime(2024, 1, 17, 4, tzinfo=dt.UTC), None)


@pytest.mark.parametrize(
    "text", ["17/01/2024", "01/02/2024", "yesterday", "2024-13-01", "0001-01-01T00:00+14:00", "99999999999999"]
)
def test_a_date_that_can_be_read_two_ways_is_not_read(text, tmp_path):
    result = read(tmp_path, table_csv(plain_row("a.jpg", posted_at=text)))
    assert values_of(result, CaptureTime) == []
    assert [item.reason for item in result.findings if isinstance(item, Absent)] == [Reason.NOT_A_DATE]


@pytest.mark.parametrize(
    "columns",
    [
        ("File", "URL", "Posted at", "Caption", "Uploader"),
        ("filename", "link", "date", "text", "author"),
        ("Path", "Source-URL", "Upload timestamp", "Text content", "Username"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_columns_delimiters_and_encodings_of_common_programs(columns, delimiter, encoding, tmp_path):
    row = ("a.jpg", "https://t.me/a/1", "2024-01-17T11:00:00+07:00", "ក្រុង", "River Watch")
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in cells) for cells in (columns, row))
    result = read(tmp_path, text.encode(encoding))
    assert len(observations_of(result)) == 3
    assert values_of(result, TextSnippet)[0].text == "ក្រុង"


@pytest.mark.parametrize(
    ("file", "media"),
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg", "x/y/a.jpg"),
        ("x/a.jpg", "x/a.jpg"),
        ("./x//a.jpg", "x/a.jpg"),
        ("x\\a.jpg", "x/a.jpg"),
        ("y/a.jpg", "x/y/a.jpg"),
        ("C:\\Users\\me\\Downloads\\a.jpg", "x/a.jpg"),
        ("/home/me/a.jpg", "x/a.jpg"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg"),
    ],
)
def test_a_path_pairs_as_far_as_it_can_be_compared(file, media, tmp_path):
    assert values_of(read(tmp_path, table_csv(plain_row(file)), media), Post)


@pytest.mark.parametrize(("file", "media"), [("y/a.jpg", "x/a.jpg"), ("A.jpg", "a.jpg"), ("b.jpg", "a.jpg"), ("", "a.jpg")])
def test_other_paths_do_not(file, media, tmp_path):
    assert read(tmp_path, table_csv(plain_row(file)), media).findings == []


def test_the_path_from_the_table_decides_between_equal_names(tmp_path):
    data = table_csv(plain_row("x/a.jpg", caption="x"), plain_row("y/a.jpg", caption="y"))
    assert [item.text for item in values_of(read(tmp_path, data, "y/a.jpg"), TextSnippet)] == ["y"]


def test_equal_names_that_cannot_be_told_apart_are_a_problem(tmp_path):
    data = table_csv(plain_row("/home/x/a.jpg"), plain_row("/home/y/a.jpg"))
    result = read(tmp_path, data)
    assert observations_of(result) == []
    assert [item.code for item in problems_of(result)] == ["sidecar-mismatch"]


def test_a_file_posted_twice_has_two_posts(tmp_path):
    data = table_csv(plain_row("a.jpg", url="https://t.me/a/1"), plain_row("a.jpg", url="https://t.me/b/2"))
    assert [item.url for item in values_of(read(tmp_path, data), Post)] == ["https://t.me/a/1", "https://t.me/b/2"]


DIGEST = hashlib.sha256(MEDIA).hexdigest()


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper(), f"SHA-256:{DIGEST}"])
def test_a_digest_pairs_whatever_the_name(digest, tmp_path):
    rows = [plain_row("renamed.jpg", sha256=digest), plain_row("a.jpg", sha256="", caption="other")]
    assert [item.text for item in values_of(read(tmp_path, table_csv(*rows)), TextSnippet)] == ["By the river"]


def test_a_row_with_another_digest_is_refused(tmp_path):
    result = read(tmp_path, table_csv(plain_row("a.jpg", sha256="0" * 64)))
    assert observations_of(result) == []
    assert "digest of another" in problems_of(result)[0].message


def test_what_is_no_table_of_media_is_a_problem(tmp_path):
    result = read(tmp_path, b"name;size\na;1\n")
    assert [item.code for item in problems_of(result)] == ["sidecar-unknown"]


def test_a_table_that_is_not_utf8_says_what_to_do(tmp_path):
    result = read(tmp_path, table_csv(plain_row("a.jpg", caption="caf\u00e9")).decode().encode("latin-1"))
    assert "save it as “CSV UTF-8”" in problems_of(result)[0].message


def test_a_table_in_bytes_that_look_like_utf16_is_refused(tmp_path):
    assert problems_of(read(tmp_path, codecs.BOM_UTF16_LE + b"file,\xd8"))


def test_cells_that_are_missing_or_too_many_do_no_harm(tmp_path):
    result = read(tmp_path, b"file,url,caption\na.jpg\na.jpg,https://t.me/a/1,words,more,and more\n")
    assert [item.text for item in values_of(result, TextSnippet)] == ["words"]
