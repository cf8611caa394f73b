"""Limits of one file, given on the command line."""

import json
import sys
from pathlib import Path

import pytest
from builders.jpeg import build_jpeg
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.cli.limits import limit_settings, parse_size
from geoverify.errors import UsageError
from geoverify.settings import Settings


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("100B", 100), ("2k", 2048), ("1.5 M", 3 << 19), ("16G", 16 << 30), ("3GiB", 3 << 30), ("1TB", 1 << 40)],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert parse_size("--max-size", text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "1X", "nan", "1e9", "G", "1G1", "٣G", "9" * 40, "1\x1b[31m"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="like 16G") as caught:
        parse_size("--max-size", text)
    assert "\x1b" not in str(caught.value)


def test_what_is_not_given_stays() -> None:
    assert limit_settings(Settings(), None, None, None) == Settings()
    changed = limit_settings(Settings(), "1G", 5.0, "2G")
    assert (changed.max_file_bytes, changed.file_time_limit_s, changed.worker_memory_bytes) == (1 << 30, 5.0, 2 << 30)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, float("nan"), float("inf")])
def test_what_is_no_time_is_told(seconds: float) -> None:
    with pytest.raises(UsageError, match="like 120"):
        limit_settings(Settings(), None, seconds, None)


def test_too_little_memory_is_told() -> None:
    with pytest.raises(UsageError, match="1G"):
        limit_settings(Settings(), None, None, "100M")


def test_the_command_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(build_jpeg())
    (tmp_path / "b.jpg").write_bytes(build_jpeg() + bytes(5000))
    args = ["match", str(tmp_path), "--sites", "demo", "--json", "-", "--max-size", "4K", "--time-limit", "30"]
    done = CliRunner().invoke(app, [*args, "--memory-limit", "2G"])
    first, second = json.loads(done.stdout)["reports"]
    assert [problem["code"] for problem in second["problems"]] == ["too-large"]
    assert "too-large" not in [problem["code"] for problem in first["problems"]]
    assert first["settings"]["max_file_bytes"] == 4096
    assert first["settings"]["file_time_limit_s"] == 30.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")
def test_the_smallest_memory_that_is_allowed_is_enough_to_start(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(build_jpeg())
    done = CliRunner().invoke(app, ["match", str(tmp_path), "--sites", "demo", "--memory-limit", "1G"])
    assert done.exit_code == 0, done.output
