from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.case.store import key_of
from geoverify.media import display_path
from geoverify.urls import blot_out, hide_secrets, is_remote, is_url, keep_local, quote_name, show_remote


@pytest.mark.parametrize("text", ["s3://bucket/a.jpg", "zip://::/a.zip", "zip+s3://b/x.zip", "S3://B"])
def test_a_url_is_told_from_a_path(text):
    assert is_url(text)


@pytest.mark.parametrize("text", ["a.jpg", "/a//b", "C:/x", "c://x", "s3:/bucket", "footage://"[:7], "://x"])
def test_a_path_is_no_url(text):
    assert not is_url(text)


def test_a_url_held_as_a_path_is_shown_and_kept_as_the_url_wherever_the_program_runs(tmp_path, monkeypatch):
    path = Path("s3://bucket/a b/c.jpg")
    monkeypatch.chdir(tmp_path)
    assert is_remote(path)
    assert display_path(path) == ("s3://bucket/a b/c.jpg", None)
    assert key_of(path) == b"s3://bucket/a b/c.jpg"
    assert Path(display_path(path)[0]) == path


def test_the_path_of_an_archive_here_is_a_full_one():
    assert show_remote(Path("zip:///cases/x.zip/a.jpg")) == "zip:///cases/x.zip/a.jpg"


def test_a_folder_that_is_called_like_a_scheme_stays_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = keep_local(Path("s3:/bucket"))
    assert path == tmp_path / "s3:" / "bucket"
    assert not is_remote(path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sftp://ann:pa%20ss@host:22/x/a.jpg", "sftp://host:22/x/a.jpg"),
        ("sftp://ann:pa/ss@host/x", "sftp://host/x"),
        ("sftp://ann:pa?ss@host/x", "sftp://host/x"),
        ("s3://bucket/a.jpg?X-Amz-Signature=abc#d", "s3://bucket/a.jpg"),
        ("zip://in::sftp://u:p@h/x.zip?sig=1", "zip://in::sftp://h/x.zip"),
        ("zip://in?x=1::s3://b/x.zip", "zip://in::s3://b/x.zip"),
        ("s3://bucket/name@example.jpg", "s3://bucket/name@example.jpg"),
        ("--case=my.gvcase?", "--case=my.gvcase?"),
    ],
)
def test_nothing_secret_of_a_url_is_shown(url, shown):
    assert hide_secrets(url) == shown


def test_a_message_of_a_library_does_not_repeat_what_is_secret():
    url = "sftp://ann:s3cr%21et@host/x?token=abcdef"
    message = blot_out("PermissionError: login ann / s3cr!et at sftp://ann:s3cr%21et@host/x?token=abcdef failed (abcdef)", url)
    assert "s3cr" not in message and "abcdef" not in message
    assert "PermissionError" in message and "host" in message


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=5))
def test_every_listed_name_is_a_path_of_as_many_parts(parts):
    name = "/".join(parts)
    quoted = quote_name(name)
    path = Path(f"s3://bucket/{quoted}")
    assert len(path.parts) == 2 + len(parts)
    assert show_remote(path) == f"s3://bucket/{quoted}"
    assert hide_secrets(show_remote(path)) == show_remote(path)


@given(st.lists(st.text(st.sampled_from("a/.%2F?#"), max_size=6), min_size=2, max_size=2, unique=True))
def test_two_names_are_seldom_one_and_never_where_no_percent_sign_is(names):
    if not any("%" in name for name in names):
        assert Path(quote_name(names[0])) != Path(quote_name(names[1]))
