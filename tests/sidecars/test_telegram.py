"""Telegram: messages by their file, of one chat and of an account, and places linked by sender and time."""

import pytest
from builders.sidecars import (
    MEDIA,
    POSTED_S,
    as_json,
    observations_of,
    problems_of,
    put,
    telegram_account,
    telegram_chat,
    telegram_message,
    telegram_place,
    values_of,
)

from geoverify.model import Absent, CaptureTime, PlaceClaim, Post, TextSnippet, TimeMeaning, VideoInfo, Who
from geoverify.sidecars import read_sidecars, telegram

PHOTO = "photos/photo_1@17-01-2024_11-00-00.jpg"


def read(folder, export, media=PHOTO):
    put(folder / "result.json", as_json(export))
    return read_sidecars(put(folder / media, MEDIA))


def test_a_message_says_who_what_and_when(tmp_path):
    message = telegram_message(5, photo=PHOTO, text="By the river", forwarded_from="Somebody", duration_seconds=12)
    result = read(tmp_path, telegram_chat(message))
    assert problems_of(result) == []
    assert values_of(result, Post) == [
        Post(
            platform="telegram",
            post_id="5",
            uploader="River Watch",
            uploader_id="user5566",
            channel="Tip line",
            forwarded_from="Somebody",
        )
    ]
    assert [item.text for item in values_of(result, TextSnippet)] == ["By the river"]
    assert values_of(result, VideoInfo) == [VideoInfo(duration_s=12.0)]
    (posted,) = values_of(result, CaptureTime)
    assert (posted.instant_utc.timestamp(), posted.meaning) == (POSTED_S + 5, TimeMeaning.POSTED)
    assert {item.provenance.file for item in observations_of(result)} == {"../result.json"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain", "plain"),
        (["By ", {"type": "link", "text": "https://a.example"}, " now"], "By https://a.example now"),
        ([{"type": "bold", "text": "ភ្នំពេញ"}], "ភ្នំពេញ"),
        ([], None),
        ("", None),
        ([{"type": "bold"}, 7, "rest"], "rest"),
    ],
)
def test_text_is_a_string_or_a_list_of_entities(text, words, tmp_path):
    result = read(tmp_path, telegram_chat(telegram_message(5, photo=PHOTO, text=text)))
    assert [item.text for item in values_of(result, TextSnippet)] == ([words] if words else [])


def test_an_accounts_chats_and_left_chats_are_both_searched(tmp_path):
    paths = ["chats/chat_01/photos/p.jpg", "left_chats/chat_01/photos/p.jpg"]
    chats = [telegram_chat(telegram_message(1, photo=path), name=path) for path in paths]
    export = {**telegram_account(chats[0]), "left_chats": {"about": "…", "list": [chats[1]]}}
    for path in paths:
        assert [item.channel for item in values_of(read(tmp_path, export, path), Post)] == [path]


def test_an_export_is_found_up_to_three_folders_above_the_medium(tmp_path):
    path = "chats/chat_01/photos/p.jpg"
    assert values_of(read(tmp_path, telegram_account(telegram_chat(telegram_message(1, photo=path))), path), Post)


@pytest.mark.parametrize("apart_s", [-600, -40, 0, 1, 600])
def test_a_place_near_in_time_is_linked_and_says_that_it_is_a_link(apart_s, tmp_path):
    at_s = str(POSTED_S + 1000 + apart_s)
    messages = [telegram_message(1000, photo=PHOTO), telegram_place(1001, date_unixtime=at_s)]
    result = read(tmp_path, telegram_chat(*messages))
    (claim,) = [item for item in observations_of(result) if isinstance(item.value, PlaceClaim)]
    assert (claim.value.position.lat_deg, claim.value.position.lon_deg) == (11.065412, 106.132933)
    assert claim.value.name == "Casino, Bavet"
    assert claim.provenance.who is Who.UPLOADER
    side = "before" if apart_s < 0 else "after"
    assert f"message 1001 of the same sender, {abs(apart_s)} s {side} this file's message 1000: a link" in claim.provenance.raw


def test_the_nearest_place_is_taken(tmp_path):
    messages = [
        telegram_place(10, place_name="far"),
        telegram_message(300, photo=PHOTO),
        telegram_place(320, place_name="near", address=None),
        telegram_place(400, place_name="later"),
    ]
    assert [item.name for item in values_of(read(tmp_path, telegram_chat(*messages)), PlaceClaim)] == ["near"]


@pytest.mark.parametrize(
    "place",
    [
        telegram_place(1601),
        telegram_place(1001, from_id="user9"),
        telegram_place(1001, forwarded_from="Somebody"),
        telegram_place(1001, location_information=None),
    ],
)
def test_a_place_of_another_time_sender_or_origin_is_not(place, tmp_path):
    result = read(tmp_path, telegram_chat(telegram_message(1000, photo=PHOTO), place))
    assert values_of(result, PlaceClaim) == []


def test_a_place_in_another_chat_is_not_linked(tmp_path):
    export = telegram_account(telegram_chat(telegram_message(1000, photo=PHOTO)), telegram_chat(telegram_place(1001)))
    assert values_of(read(tmp_path, export), PlaceClaim) == []


@pytest.mark.parametrize("information", [{"latitude": 95, "longitude": 1}, {"latitude": 0, "longitude": 0}, {"latitude": "x"}])
def test_an_impossible_place_is_absent_with_its_reason(information, tmp_path):
    place = telegram_place(2, location_information=information, place_name="", address="")
    result = read(tmp_path, telegram_chat(telegram_message(1, photo=PHOTO), place))
    assert values_of(result, PlaceClaim) == []
    assert [item.what for item in result.findings if isinstance(item, Absent)] == ["position"]


@pytest.mark.parametrize(
    "path",
    ["../secret.jpg", "/etc/passwd", "photos/../../x.jpg", "(File not included. Change settings.)", "a\0b", 7, None, ["x"]],
)
def test_a_path_out_of_the_export_is_never_followed(path, tmp_path):
    put(tmp_path / "secret.jpg", MEDIA)
    export = put(tmp_path / "export" / "result.json", as_json(telegram_chat(telegram_message(1, photo=path))))
    for media in ("secret.jpg", "export/x.jpg", "export/(File not included. Change settings.)"):
        assert observations_of(read_sidecars(put(tmp_path / media, MEDIA), [export])) == []


def test_a_moved_export_pairs_by_folder_and_name_if_only_one_message_has_them(tmp_path):
    media = put(tmp_path / "moved" / PHOTO, MEDIA)
    export = put(tmp_path / "export" / "result.json", as_json(telegram_chat(telegram_message(1, photo=PHOTO))))
    assert read_sidecars(media).findings == []
    assert values_of(read_sidecars(media, [export]), Post)
    chats = [telegram_chat(telegram_message(1, photo=f"chats/chat_{number}/{PHOTO}")) for number in range(2)]
    put(export, as_json(telegram_account(*chats)))
    assert values_of(read_sidecars(media, [export]), Post) == []


def test_windows_separators_and_decomposed_names_pair(tmp_path):
    export = telegram_chat(telegram_message(1, file="files\\caf\u00e9.mp4"))
    assert values_of(read(tmp_path, export, "files/cafe\u0301.mp4"), Post)


def test_broken_messages_cost_only_themselves(tmp_path):
    export = telegram_chat(7, "x", None, telegram_message(1, photo=PHOTO), [1])
    result = read(tmp_path, export)
    assert values_of(result, Post)
    assert "4 of 5 messages of chat 1" in problems_of(result)[0].message


def test_an_export_cut_off_is_a_problem_that_names_it(tmp_path):
    data = as_json(telegram_chat(telegram_message(1, photo=PHOTO)))
    put(tmp_path / "result.json", data[:-30])
    result = read_sidecars(put(tmp_path / PHOTO, MEDIA))
    assert observations_of(result) == []
    assert problems_of(result)[0].message.startswith("result.json: it is no JSON")


def test_a_large_export_is_parsed_once_for_all_its_media(tmp_path):
    messages = [telegram_message(number, text="words " * 20) for number in range(600)]
    messages += [telegram_message(600 + number, photo=f"photos/p{number}.jpg") for number in range(30)]
    put(tmp_path / "result.json", as_json(telegram_chat(*messages)))
    media = [put(tmp_path / f"photos/p{number}.jpg", MEDIA) for number in range(30)]
    parsed_before = telegram._index.cache_info().misses
    for path in media:
        result = read_sidecars(path)
        assert len(values_of(result, Post)) == 1
        assert result.uses[0].path == "../result.json"
    assert telegram._index.cache_info().misses == parsed_before + 1


def test_what_the_sender_answers_to_the_message_is_their_word_and_others_answers_are_not(tmp_path):
    messages = (
        telegram_message(1, photo=PHOTO, text="tonight"),
        telegram_message(2, text="it is at the bridge", reply_to_message_id=1),
        telegram_message(3, text="no, BA01", reply_to_message_id=1, from_id="user77"),
        telegram_message(4, text="another thing", reply_to_message_id=3),
        telegram_message(5, text=["by ", {"type": "bold", "text": "the gate"}], reply_to_message_id=1),
    )
    result = read(tmp_path, telegram_chat(*messages))
    assert [item.text for item in values_of(result, TextSnippet)] == ["tonight", "it is at the bridge", "by the gate"]
    assert problems_of(result) == []


def test_an_answer_in_another_chat_to_a_message_of_that_number_is_none(tmp_path):
    own = telegram_chat(telegram_message(1, photo=PHOTO))
    other = telegram_chat(telegram_message(2, text="elsewhere", reply_to_message_id=1))
    assert values_of(read(tmp_path, telegram_account(own, other)), TextSnippet) == []
