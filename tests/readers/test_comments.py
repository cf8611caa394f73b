"""Comments of JPEG and GIF files."""

import pytest
from builders import jpeg
from builders.findings import observed, problems, read_bytes
from builders.xmp import build_gif, gif_comment

from geoverify.model import Software, TextSnippet, Who
from geoverify.readers.comments import MAX_COMMENTS, READER


def comment(data: bytes) -> bytes:
    return jpeg.build_jpeg(jpeg.segment(jpeg.COM, data))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"By the river", "By the river"),
        ("ភ្នំពេញ".encode(), "ភ្នំពេញ"),
        ("Benalmádena".encode("cp1252"), "Benalmádena"),
        (b"padded  \0\0\0", "padded"),
        (b"first\0second", "first"),
        (b"\x81\xff odd", "\\x81ÿ odd"),
    ],
)
def test_words(data: bytes, text: str) -> None:
    ((value, field, who),) = observed(read_bytes(READER, comment(data)), TextSnippet)
    assert (value.text, who) == (text, Who.EDITOR)
    assert field == "COM at byte 6"


@pytest.mark.parametrize(
    "text", ["CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90", "Lavc57.107.100", "Created with GIMP"]
)
def test_programs(text: str) -> None:
    findings = read_bytes(READER, comment(text.encode()))
    assert [value for value, _, _ in observed(findings, Software)] == [Software(name=text)]
    assert observed(findings, TextSnippet) == []


def test_blank_comments_say_nothing() -> None:
    assert read_bytes(READER, comment(b"")) == []
    assert read_bytes(READER, comment(b" \0\0 ")) == []
    assert read_bytes(READER, build_gif()) == []


def test_gif_comments_of_any_length() -> None:
    findings = read_bytes(READER, build_gif(gif_comment(b"x" * 700), gif_comment(b"second")))
    assert [value.text for value, _, _ in observed(findings, TextSnippet)] == ["x" * 700, "second"]


def test_many_comments_are_bounded() -> None:
    data = jpeg.build_jpeg(*[jpeg.segment(jpeg.COM, b"words %d" % number) for number in range(200)])
    findings = read_bytes(READER, data)
    assert len(observed(findings, TextSnippet)) == MAX_COMMENTS
    assert [item.code for item in problems(findings)] == ["too-many-comments"]


def test_truncation_never_fails() -> None:
    for data in (comment(b"By the river"), build_gif(gif_comment(b"x" * 300))):
        for length in range(6, len(data)):
            read_bytes(READER, data[:length])
