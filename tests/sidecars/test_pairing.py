"""The walk: which files are opened, what becomes of those that nobody knows, and what is kept of them."""

import hashlib
import os

import pytest
from builders.sidecars import MEDIA, as_json, instaloader_post, observations_of, problems_of, put, values_of, ytdlp_info

from geoverify.model import Post
from geoverify.sidecars import SidecarUse, _files, all_sidecars, read_sidecars


def test_nothing_beside_a_file_is_nothing(tmp_path):
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert (result.findings, result.uses) == ([], [])


def test_what_was_read_is_named_with_its_digest(tmp_path):
    data = as_json(ytdlp_info())
    put(tmp_path / "clip.info.json", data)
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    digest = hashlib.sha256(data).hexdigest()
    assert [(use.path, use.digest.hex, use.reader) for use in result.uses] == [("clip.info.json", digest, "ytdlp")]
    assert isinstance(result.uses[0], SidecarUse)


def test_relative_paths_pair_like_absolute_ones(tmp_path, monkeypatch):
    put(tmp_path / "clip.info.json", as_json(ytdlp_info()))
    media = put(tmp_path / "clip.mp4", MEDIA)
    monkeypatch.chdir(tmp_path)
    assert read_sidecars(media.relative_to(tmp_path)) == read_sidecars(media)


@pytest.mark.parametrize("name", ["clip.mp4.json", "clip.json", "clip.mp4.exif.json"])
@pytest.mark.parametrize("data", [b"{}", b'{"a": 1}', b"[1, 2]", b"7"])
def test_json_that_nobody_recognises_is_one_problem(name, data, tmp_path):
    put(tmp_path / name, data)
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert [item.code for item in result.findings] == ["sidecar-unknown"]
    assert name in result.findings[0].message


@pytest.mark.parametrize("name", ["clip2.json", "other.mp4.json", "clip.mov.json", "metadata.json", "clip.mp4.txt"])
def test_other_files_of_the_folder_are_left_alone(name, tmp_path):
    put(tmp_path / name, b"{}")
    assert read_sidecars(put(tmp_path / "clip.mp4", MEDIA)).findings == []


def test_broken_json_is_one_problem_however_many_formats_it_may_be_in(tmp_path):
    put(tmp_path / "clip.mp4.json", b'{"category": "x", ')
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert [item.code for item in result.findings] == ["sidecar-broken"]
    assert "cut off" in result.findings[0].message


def test_a_post_given_by_hand_is_read_for_the_media_of_its_name_only(tmp_path):
    info = put(tmp_path / "info" / "clip.info.json", as_json(ytdlp_info()))
    mine, other = put(tmp_path / "clip.mp4", MEDIA), put(tmp_path / "other.mp4", MEDIA)
    assert values_of(read_sidecars(mine, [info]), Post)
    assert read_sidecars(other, [info]).findings == []


def test_a_file_given_by_hand_that_nobody_knows_is_a_problem(tmp_path):
    path = put(tmp_path / "notes.bin", b"\x00\x01")
    assert [item.code for item in read_sidecars(put(tmp_path / "clip.mp4", MEDIA), [path]).findings] == ["sidecar-unknown"]
    assert [item.code for item in read_sidecars(tmp_path / "clip.mp4", [tmp_path / "none.csv"]).findings] == [
        "sidecar-unreadable"
    ]


def test_several_formats_beside_one_file_are_all_read(tmp_path):
    put(tmp_path / "clip.info.json", as_json(ytdlp_info()))
    put(tmp_path / "clip.json", as_json(instaloader_post()))
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert [use.reader for use in result.uses] == ["instaloader", "ytdlp"]


def test_a_sidecar_over_its_size_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "clip.info.json"
    with path.open("wb") as file:
        file.truncate(_files.MAX_POST_BYTES + 1)
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert [item.code for item in problems_of(result)] == ["sidecar-too-large"]


def test_a_changed_sidecar_is_read_again(tmp_path):
    media = put(tmp_path / "clip.mp4", MEDIA)
    for title in ("first", "second", "a longer third"):
        put(tmp_path / "clip.info.json", as_json(ytdlp_info(title=title)))
        os.utime(tmp_path / "clip.info.json", ns=(len(title), len(title)))
        assert title in str(read_sidecars(media).findings)


def test_a_name_that_is_not_utf8_pairs_and_is_shown_safely(tmp_path):
    put(tmp_path / os.fsdecode(b"clip\xff.info.json"), as_json(ytdlp_info()))
    result = read_sidecars(put(tmp_path / os.fsdecode(b"clip\xff.mp4"), MEDIA))
    assert observations_of(result)
    assert result.uses[0].path == "clip\\xff.info.json"


def test_a_folder_that_cannot_be_listed_costs_nothing(tmp_path):
    assert read_sidecars(tmp_path / "gone" / "clip.mp4").findings == []


def test_a_bug_in_one_format_costs_only_its_own_findings(tmp_path, monkeypatch):
    put(tmp_path / "clip.info.json", as_json(ytdlp_info()))
    put(tmp_path / "clip.json", as_json(instaloader_post()))

    def fail(self, media_path, sidecar):
        raise ZeroDivisionError("bug")

    reader = next(sidecar for sidecar in all_sidecars() if sidecar.name == "instaloader")
    monkeypatch.setattr(type(reader), "read", fail)
    result = read_sidecars(put(tmp_path / "clip.mp4", MEDIA))
    assert [item.where for item in problems_of(result)] == ["sidecars.instaloader"]
    assert values_of(result, Post)
