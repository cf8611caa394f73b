"""The README's own commands: each `$ geoverify …` is run, and what stands under it is what it prints."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geoverify.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCKS = re.findall(r"```console\n\$ geoverify (.*?)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def print_of(command: str) -> str:
    done = CliRunner(env={"COLUMNS": "100"}).invoke(app, shlex.split(command), prog_name="geoverify")
    assert done.exit_code == 0, done.output
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


@pytest.mark.references
@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command.split()[0] for command, _ in BLOCKS])
def test_the_readme_shows_what_the_command_prints(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert shown.strip("\n") == print_of(command).strip("\n"), "run `make readme`"


def test_the_readme_has_examples() -> None:
    assert len(BLOCKS) >= 2


def test_every_command_of_the_readme_exists() -> None:
    for words in re.findall(r"^(?:\$ )?geoverify ((?:sites )?\w+)", README.read_text("utf-8"), re.MULTILINE):
        assert CliRunner().invoke(app, [*words.split(), "--help"]).exit_code == 0, words


@pytest.mark.parametrize(
    "command",
    [
        "match",
        "export",
        "show",
        "report",
        "inspect",
        "claim",
        "summary",
        "statements",
        "doubles",
        "discover",
        "rematch",
        "review",
        "sun",
        "doctor",
        *(f"sites {name}" for name in ("list", "show", "check", "import", "diff")),
    ],
)
def test_every_help_has_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"]).stdout
    assert re.search(rf"^\s*geoverify {command}\b", shown, re.MULTILINE), shown
