"""yt-dlp: what is said, by whom, and which names pair."""

import datetime as dt

import pytest
from builders.sidecars import MEDIA, POSTED, SAVED_S, as_json, observations_of, problems_of, put, values_of, ytdlp_info

from geoverify.model import CaptureTime, Clock, PlaceClaim, Post, TextSnippet, TextSource, TimeMeaning, Who
from geoverify.sidecars import read_sidecars
from geoverify.sidecars._comments import MAX_OWN_COMMENTS


def read(folder, info, media="clip.mp4", name="clip.info.json"):
    put(folder / name, as_json(info))
    return read_sidecars(put(folder / media, MEDIA))


def test_every_field_becomes_an_observation_with_its_author(tmp_path):
    result = read(tmp_path, ytdlp_info())
    who = {item.provenance.field.split(",")[0]: item.provenance.who for item in observations_of(result)}
    assert who == {
        "extractor_key": Who.PLATFORM,
        "title": Who.UPLOADER,
        "description": Who.UPLOADER,
        "tags": Who.UPLOADER,
        "location": Who.UPLOADER,
        "timestamp": Who.PLATFORM,
        "epoch": Who.DOWNLOADER,
    }
    assert values_of(result, Post) == [
        Post(
            platform="youtube",
            post_id="Ab3_dE-9xYz",
            url="https://www.youtube.com/watch?v=Ab3_dE-9xYz",
            uploader="River Watch",
            uploader_id="@riverwatch",
            channel="River Watch Channel",
        )
    ]
    posted, saved = values_of(result, CaptureTime)
    assert posted == CaptureTime(instant_utc=POSTED, clock=Clock.PLATFORM, meaning=TimeMeaning.POSTED)
    assert saved.instant_utc == dt.datetime.fromtimestamp(SAVED_S, dt.UTC)
    assert (saved.clock, saved.meaning) == (Clock.DOWNLOADER, TimeMeaning.SAVED)
    assert values_of(result, PlaceClaim) == [PlaceClaim(name="Bavet, Cambodia", source=TextSource.TAG)]
    assert [item.source for item in values_of(result, TextSnippet)] == [TextSource.CAPTION, TextSource.CAPTION, TextSource.TAG]
    assert {item.provenance.file for item in observations_of(result)} == {"clip.info.json"}


def test_raw_is_what_stands_in_the_file(tmp_path):
    result = read(tmp_path, ytdlp_info())
    raw = {item.provenance.field: item.provenance.raw for item in observations_of(result)}
    assert raw["timestamp"] == "1705464000"
    assert raw["location"] == '"Bavet, Cambodia"'


def test_a_bare_upload_date_is_a_day_without_a_zone(tmp_path):
    info = ytdlp_info(timestamp=None, epoch=None)
    assert values_of(read(tmp_path, info), CaptureTime) == [
        CaptureTime(local=dt.datetime(2024, 1, 17), resolution_s=86_400.0, clock=Clock.PLATFORM, meaning=TimeMeaning.POSTED)
    ]


@pytest.mark.parametrize("date", ["2024", "20241340", "yesterday", 20240117, "2024-01-17"])
def test_an_upload_date_that_is_none_is_named(date, tmp_path):
    result = read(tmp_path, ytdlp_info(timestamp=None, epoch=None, upload_date=date))
    assert values_of(result, CaptureTime) == []
    assert [item.where for item in problems_of(result)] == ["sidecars.ytdlp.upload_date"]


@pytest.mark.parametrize(
    "media",
    [
        "clip.mp4",
        "clip.f137.mp4",
        "clip.f137.mp4.part",
        "clip.temp.mp4",
        "clip.mp4.part",
        "clip.fhls-1080p.mp4",
        "clip.jpg",
        "clip.webp",
        "clip.0.jpg",
    ],
)
def test_stream_numbers_and_work_suffixes_pair_with_the_same_file(media, tmp_path):
    assert values_of(read(tmp_path, ytdlp_info(), media), Post)


@pytest.mark.parametrize("media", ["clip.long.mp4", "clip2.mp4", "cli.mp4", "clip-1.mp4"])
def test_another_stem_does_not_pair(media, tmp_path):
    assert read(tmp_path, ytdlp_info(), media).findings == []


def test_a_differing_stem_pairs_by_the_identifier_in_brackets(tmp_path):
    chapter = "Compound - 001 Gate [Ab3_dE-9xYz].mp4"
    result = read(tmp_path, ytdlp_info(), chapter, "Compound on the river [Ab3_dE-9xYz].info.json")
    assert values_of(result, Post)[0].post_id == "Ab3_dE-9xYz"
    other = put(tmp_path / "Compound [Zz3_dE-9xYz].mp4", MEDIA)
    assert read_sidecars(other).findings == []


def test_the_exact_name_goes_before_the_identifier(tmp_path):
    put(tmp_path / "Other title [Ab3_dE-9xYz].info.json", as_json(ytdlp_info(title="other")))
    result = read(tmp_path, ytdlp_info(), "A [Ab3_dE-9xYz].mp4", "A [Ab3_dE-9xYz].info.json")
    assert [item.path for item in result.uses] == ["A [Ab3_dE-9xYz].info.json"]


def test_one_wrong_field_costs_nothing_else(tmp_path):
    honest = len(observations_of(read(tmp_path, ytdlp_info())))
    result = read(tmp_path, ytdlp_info(title=["a"], timestamp={"a": 1}))
    assert len(observations_of(result)) == honest - 2
    problems = problems_of(result)
    assert {item.where for item in problems} == {"sidecars.ytdlp.title", "sidecars.ytdlp.timestamp"}
    assert all(item.code == "sidecar-field" and item.message.startswith("clip.info.json: ") for item in problems)


def test_nan_and_half_pairs_are_mended_and_numbers_out_of_range_are_named(tmp_path):
    text = b'{"id":"a","extractor":"x","title":"river \\ud83d","duration":NaN,"timestamp":1e400,"like_count":Infinity}'
    put(tmp_path / "clip.info.json", text)
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert values_of(result, TextSnippet)[0].text == "river ?"
    assert [item.where for item in problems_of(result)] == ["sidecars.ytdlp.timestamp"]


def test_of_a_name_that_stands_twice_the_last_counts(tmp_path):
    put(tmp_path / "clip.info.json", b'{"id":"a","extractor":"x","title":"first","title":"last"}')
    assert [item.text for item in values_of(read_sidecars(put(tmp_path / "clip.mp4", MEDIA)), TextSnippet)] == ["last"]


def test_a_long_text_is_cut_and_says_so(tmp_path):
    result = read(tmp_path, ytdlp_info(description="x" * 70_000))
    assert max(len(item.text) for item in values_of(result, TextSnippet)) == 65_536
    assert [item.code for item in problems_of(result)] == ["sidecar-cut"]


def comment(text, **changes):
    fields = {"id": "x", "author": "@someone", "author_id": "UC999", "author_is_uploader": False, "text": text, "parent": "root"}
    return {**fields, **changes}


def test_the_uploaders_comments_are_their_words_and_others_are_not(tmp_path):
    comments = [
        comment("this is at BA01"),
        comment("gate of KA02", author_is_uploader=True),
        comment("the back wall", author_id="UC0123456789"),
        comment("by handle", author_id="@riverwatch", author_is_uploader=None),
        comment("gate of KA02", author_is_uploader=True),
        comment("no mark and no author", author_is_uploader=None, author_id=None),
    ]
    result = read(tmp_path, ytdlp_info(comments=comments))
    own = [item for item in observations_of(result) if item.provenance.field.startswith("comments")]
    assert [(item.provenance.field, item.value.text) for item in own] == [
        ("comments[1].text", "gate of KA02"),
        ("comments[2].text", "the back wall"),
        ("comments[3].text", "by handle"),
    ]
    assert {(item.provenance.who, item.value.source) for item in own} == {(Who.UPLOADER, TextSource.CAPTION)}
    assert problems_of(result) == []


def test_a_post_without_accounts_has_no_own_comments_by_identifier(tmp_path):
    info = ytdlp_info(uploader_id=None, channel_id=None, comments=[comment("a word", author_id=None)])
    assert not [item for item in observations_of(read(tmp_path, info)) if item.provenance.field.startswith("comments")]


def test_of_many_own_comments_the_first_are_kept_and_the_rest_is_told(tmp_path):
    result = read(tmp_path, ytdlp_info(comments=[comment(f"number {n}", author_is_uploader=True) for n in range(100)]))
    own = [item for item in observations_of(result) if item.provenance.field.startswith("comments")]
    assert len(own) == MAX_OWN_COMMENTS
    assert [item.where for item in problems_of(result)] == [f"sidecars.ytdlp.comments[{MAX_OWN_COMMENTS}].text"]
