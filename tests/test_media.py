import hashlib
import os
import stat

import pytest

from geoverify.errors import BudgetError, MediaError
from geoverify.media import MAX_READ_BYTES, ByteSource, MemorySource, display_path, open_media, sniff_type
from geoverify.model import MediaKind


@pytest.mark.parametrize(
    ("head", "kind", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", MediaKind.IMAGE, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", MediaKind.IMAGE, "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", MediaKind.IMAGE, "image/webp"),
        (b"RIFF\0\0\0\0AVI LIST", MediaKind.VIDEO, "video/x-msvideo"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", MediaKind.IMAGE, "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", MediaKind.IMAGE, "image/heif"),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp42", MediaKind.VIDEO, "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", MediaKind.VIDEO, "video/quicktime"),
        (b"\0\0\0\x14ftyp3gp5\0\0\0\0isom", MediaKind.VIDEO, "video/3gpp"),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", MediaKind.VIDEO, "video/quicktime"),
        (b"\x1aE\xdf\xa3", MediaKind.VIDEO, "video/x-matroska"),
        (b"II*\0\x08\0\0\0", MediaKind.IMAGE, "image/tiff"),
        (b"#EXTM3U\nfile.ts", MediaKind.UNKNOWN, "application/octet-stream"),
        (b"ffconcat version 1.0", MediaKind.UNKNOWN, "application/octet-stream"),
        (b"BMW is a car and this is text", MediaKind.UNKNOWN, "application/octet-stream"),
        (b"RIFF\0\0\0\0WAVEfmt ", MediaKind.UNKNOWN, "application/octet-stream"),
        (b"<html>", MediaKind.UNKNOWN, "application/octet-stream"),
        (b"", MediaKind.UNKNOWN, "application/octet-stream"),
    ],
)
def test_type_is_told_by_signature(head, kind, media_type):
    assert sniff_type(head) == (kind, media_type)


def test_a_file_is_opened_read_only_and_digested(tmp_path):
    path = tmp_path / "photo.txt"
    path.write_bytes(b"\xff\xd8\xff" + b"x" * 3_000_000)
    before = path.stat()
    with open_media(path) as (media, source):
        assert media.media_type == "image/jpeg"
        assert media.digest is not None
        assert media.digest.hex == hashlib.sha256(path.read_bytes()).hexdigest()
        assert source.read(0, 3) == b"\xff\xd8\xff"
        with pytest.raises(OSError):
            os.write(source.fileno(), b"x")
    after = path.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_mode) == (after.st_mtime_ns, after.st_size, after.st_mode)


def expect_refusal(path, code):
    with pytest.raises(MediaError) as caught, open_media(path):
        pass
    assert caught.value.code == code
    return str(caught.value)


def test_what_is_no_regular_file_is_refused_without_a_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    expect_refusal(tmp_path / "pipe", "not-a-file")
    expect_refusal(tmp_path, "not-a-file")
    (tmp_path / "empty.jpg").touch()
    expect_refusal(tmp_path / "empty.jpg", "empty-file")
    expect_refusal(tmp_path / "missing.jpg", "cannot-open")


def test_a_link_is_refused_and_says_so(tmp_path):
    (tmp_path / "real.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "link.jpg").symlink_to("real.jpg")
    assert "symbolic link" in expect_refusal(tmp_path / "link.jpg", "link")


def test_an_unreadable_file_is_refused(tmp_path):
    path = tmp_path / "locked.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may read it" in expect_refusal(path, "cannot-open")
    path.chmod(stat.S_IRUSR)


def test_reads_stay_inside_the_file_and_the_budget():
    source = MemorySource(b"0123456789")
    assert source.read(8, 100) == b"89"
    assert source.read(-1, 4) == source.read(10, 4) == source.read(0, -5) == b""
    with pytest.raises(BudgetError):
        ByteSource(-1, 1 << 40).read(0, MAX_READ_BYTES + 1)
    with pytest.raises(BudgetError):
        while True:
            source.read(0, 1)


def test_names_that_are_not_text_are_kept_exactly(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    text, raw = display_path(path)
    assert text.endswith("caf\\xe9.jpg")
    assert bytes.fromhex(raw) == os.fsencode(path)
    assert display_path(tmp_path / "café.jpg")[1] is None
