"""The program as a whole: its commands, its exit codes and its one line for every failure."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import geoverify
from geoverify import cli, errors

ROOT = Path(__file__).resolve().parents[2]
ERRORS = [
    (errors.GeoverifyError("x"), 70),
    (errors.UsageError("x"), 2),
    (errors.RegisterError("x"), 2),
    (errors.NothingReadableError("x"), 3),
    (errors.MediaError("cannot-open", "x"), 3),
    (errors.MissingToolError("x"), 4),
]


def raiser(error: BaseException) -> Callable[..., None]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail


def run_and_catch(*args: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.run(args)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_expected_failure_is_one_line_and_its_exit_code(
    error: errors.GeoverifyError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", raiser(error))
    assert run_and_catch() == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", "geoverify: x\n")


def test_hostile_text_in_a_message_comes_out_escaped_and_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a\x1b[31m\n[red]\u202egpj.\udcff"
    monkeypatch.setattr(cli, "app", raiser(errors.UsageError(f"{name}: no such file")))
    assert run_and_catch() == 2
    assert capsys.readouterr().err == "geoverify: a\\x1b[31m\\x0a[red]\\u202egpj.\\xff: no such file\n"


def test_a_bug_is_one_line_and_exit_code_70(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GEOVERIFY_DEBUG", raising=False)
    monkeypatch.setattr(cli, "app", raiser(ZeroDivisionError("by\nzero")))
    assert run_and_catch() == 70
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "ZeroDivisionError: by\\x0azero" in err
    assert "GEOVERIFY_DEBUG=1" in err


def test_a_bug_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOVERIFY_DEBUG", "1")
    monkeypatch.setattr(cli, "app", raiser(ZeroDivisionError("by zero")))
    with pytest.raises(ZeroDivisionError):
        cli.run([])


def test_an_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", raiser(KeyboardInterrupt()))
    assert run_and_catch() == 130


def test_a_broken_call_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_and_catch("no-such-command") == 2
    assert "no-such-command" in capsys.readouterr().err


def test_a_terminal_without_unicode_gets_escapes() -> None:
    code = "from geoverify import cli, errors\ndef fail(*a, **k): raise errors.UsageError('ភ្នំពេញ')\ncli.app = fail\ncli.run([])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={"PYTHONIOENCODING": "latin-1:strict"}, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"geoverify: \\u1797")


def test_the_version_is_the_package_version() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"geoverify {geoverify.__version__}\n")


@pytest.mark.parametrize("start", [["cli.py"], ["-m", "geoverify"]], ids=["checkout", "module"])
def test_the_other_ways_to_start_reach_the_same_program(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"geoverify {geoverify.__version__}\n")


def walk_commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from walk_commands(child, f"{name} {child.name}")


COMMANDS = dict(walk_commands(typer.main.get_command(cli.app), "geoverify"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_explains_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [param.name for param in command.params if not param.help] == []
