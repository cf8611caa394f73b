"""instaloader: the post's three files, its pictures' numbers, and xz that unpacks to more than a post can be."""

import lzma
import zlib

import pytest
from builders.sidecars import MEDIA, POSTED, as_json, as_xz, instaloader_post, observations_of, problems_of, put, values_of

from geoverify.model import Absent, CaptureTime, PlaceClaim, Position, Post, TextSnippet
from geoverify.sidecars import read_sidecars

STEM = "2024-01-17_04-00-00_UTC"


def read(folder, data, name=f"{STEM}.json.xz", media=f"{STEM}.jpg"):
    put(folder / name, data)
    return read_sidecars(put(folder / media, MEDIA))


def test_a_post_says_who_what_where_and_when(tmp_path):
    result = read(tmp_path, as_xz(instaloader_post()))
    assert problems_of(result) == []
    assert values_of(result, Post) == [
        Post(platform="instagram", post_id="C2Mabcdefgh", uploader="riverwatch", uploader_id="5566778899")
    ]
    assert [item.text for item in values_of(result, TextSnippet)] == ["By the river"]
    assert [item.instant_utc for item in values_of(result, CaptureTime)] == [POSTED]
    web, app = values_of(result, PlaceClaim)
    assert (web.name, web.position) == ("Bavet, Cambodia", None)
    assert app.name == "Bavet, Bavet"
    assert (app.position.lat_deg, app.position.lon_deg) == (11.0654, 106.1329)
    assert app.position.resolution_m == pytest.approx(11.1, abs=0.1)
    assert values_of(result, Position) == []


@pytest.mark.parametrize("media", [f"{STEM}.jpg", f"{STEM}_1.jpg", f"{STEM}_12.mp4"])
@pytest.mark.parametrize("name", [f"{STEM}.json.xz", f"{STEM}.json"])
def test_all_pictures_of_a_post_share_its_file(media, name, tmp_path):
    data = as_xz(instaloader_post()) if name.endswith(".xz") else as_json(instaloader_post())
    assert values_of(read(tmp_path, data, name, media), Post)


def test_a_caption_of_a_plain_text_file_needs_instaloaders_name_or_its_other_file(tmp_path):
    assert values_of(read(tmp_path, b"By the river", f"{STEM}.txt"), TextSnippet)
    put(tmp_path / "notes.txt", b"call the lawyer")
    assert read_sidecars(put(tmp_path / "notes.jpg", MEDIA)).findings == []
    put(tmp_path / "C2M.txt", b"By the river")
    put(tmp_path / "C2M.json.xz", as_xz(instaloader_post()))
    assert len(values_of(read_sidecars(put(tmp_path / "C2M.jpg", MEDIA)), TextSnippet)) == 2


def location(folder, text):
    return read(folder, text.encode(), f"{STEM}_location.txt")


def test_a_location_file_is_a_named_place_with_a_position(tmp_path):
    result = location(tmp_path, "Bavet\nhttps://maps.google.com/maps?q=11.0654,-106.1329&ll=11.0654,-106.1329\n")
    (claim,) = values_of(result, PlaceClaim)
    assert claim.name == "Bavet"
    assert (claim.position.lat_deg, claim.position.lon_deg) == (11.0654, -106.1329)
    assert observations_of(result)[0].provenance.raw == '{"name": "Bavet", "q": "11.0654,-106.1329"}'


@pytest.mark.parametrize("target", ["91.5,10", "11.0,181", "0.0,0.0", "here,there", "11.5", "11.5,", ""])
def test_a_map_link_without_a_position_leaves_the_name(target, tmp_path):
    result = location(tmp_path, f"Bavet\nhttps://maps.google.com/maps?q={target}&z=3\n")
    (claim,) = values_of(result, PlaceClaim)
    assert (claim.name, claim.position) == ("Bavet", None)
    assert [item.what for item in result.findings if isinstance(item, Absent)] == (["position"] if target else [])


def test_a_bomb_is_refused_before_it_unpacks(tmp_path):
    bomb = lzma.compress(b'{"node":{},"instaloader":{}}' + b" " * (40 << 20))
    assert len(bomb) < 100_000
    result = read(tmp_path, bomb)
    assert [item.code for item in problems_of(result)] == ["sidecar-broken"]
    assert "16777216 bytes" in problems_of(result)[0].message


def test_a_dictionary_that_needs_much_memory_is_refused(tmp_path):
    # The dictionary's size stands in the block header (xz format 1.1.0, 5.3.1), which has its own CRC32; compressing with a
    # large one would need the memory that the reader refuses.
    header = bytearray(lzma.compress(b"{}"))
    size = (header[12] + 1) * 4
    block = header[12 : 12 + size - 4]
    block[block.index(lzma.FILTER_LZMA2 & 0xFF) + 2] = 34
    header[12 : 12 + size] = block + zlib.crc32(bytes(block)).to_bytes(4, "little")
    result = read(tmp_path, bytes(header))
    assert [item.code for item in problems_of(result)] == ["sidecar-broken"]
    assert "emory" in problems_of(result)[0].message


def test_a_file_cut_off_says_so(tmp_path):
    data = as_xz(instaloader_post())
    result = read(tmp_path, data[: len(data) // 2])
    assert "cut off" in problems_of(result)[0].message


def test_the_owners_comments_and_answers_are_their_words_and_others_are_not(tmp_path):
    def node(text, owner, *answers):
        edges = [{"node": answer} for answer in answers]
        return {"text": text, "owner": {"id": owner, "username": "x"}, "edge_threaded_comments": {"edges": edges}}

    comments = [
        node("where is it?", "1", node("at the bridge", "5566778899"), node("at BA01", "2")),
        node("seen today", "5566778899"),
    ]
    edges = {"edges": [{"node": item} for item in comments]}
    result = read(tmp_path, as_xz(instaloader_post(edge_media_to_parent_comment=edges, edge_media_preview_comment=edges)))
    assert [item.text for item in values_of(result, TextSnippet)] == ["By the river", "at the bridge", "seen today"]
    assert problems_of(result) == []
