import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.text import MAX_TEXT_CHARS, decode_text, escape_controls, escape_json


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\r\tc", "a\\x0ab\\x0d\\x09c"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u2028b", "a\\u2028b"),
    ],
)
def test_what_can_move_hide_or_colour_is_shown(hostile, shown):
    assert escape_controls(hostile) == shown


@pytest.mark.parametrize("honest", ["plain", "ភ្នំពេញ", "西港 园区", "ชายแดน", "Đà Nẵng – 1½ °", "😀"])
def test_honest_text_is_left_alone(honest):
    assert escape_controls(honest) == honest


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_nothing_unprintable_survives(text):
    shown = escape_controls(text)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) <= 0xDFFF for char in shown)
    shown.encode("utf-8")


@given(st.text())
def test_json_is_made_safe_without_changing_its_data(text):
    encoded = msgspec.json.encode({"name": text})
    safe = escape_json(encoded)
    assert json.loads(safe) == json.loads(encoded)
    assert escape_controls(safe.decode()) == safe.decode()


@given(st.binary(max_size=200))
def test_bytes_decode_to_text_that_can_be_written(raw):
    decode_text(raw).encode("utf-8")


def test_decoding_is_bounded_and_stops_at_nul():
    assert decode_text(b"Make\0junk") == "Make"
    assert len(decode_text(b"x" * 1_000_000)) == MAX_TEXT_CHARS
