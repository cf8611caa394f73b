"""Every parameter says where it is from, and has its unit in its name."""

import re
from pathlib import Path

import pytest

from geoverify import settings

LINES = Path(settings.__file__).read_text("utf-8").splitlines()
FIELD = re.compile(r"    (\w+): (?:float|int) = ")
SOURCE = re.compile(r"^(assumed;|Chosen )|benchmarks/\w+\.py|\b(19|20)\d\d\b|IANA|NGA |CIA |Naval Observatory|[Tt]he same study")


def walk_comments() -> dict[str, str]:
    """Each parameter with the comment that stands over it, or over the group that it belongs to."""
    found, comment, is_open = {}, "", False
    for line in LINES:
        text = line.strip()
        if text.startswith("# ---"):
            comment = ""
        elif text.startswith("# "):
            comment = f"{comment} {text[2:]}" if is_open else text[2:]
        elif match := FIELD.match(line):
            found[match[1]] = comment
        is_open = text.startswith("# ") and not text.startswith("# ---")
    return found


COMMENTS = walk_comments()


def test_the_walk_finds_every_parameter():
    assert set(COMMENTS) == set(settings.Settings.__struct_fields__)


@pytest.mark.parametrize("name", COMMENTS)
def test_every_parameter_names_its_source_or_says_that_it_is_assumed(name):
    assert SOURCE.search(COMMENTS[name]), f"{name}: “{COMMENTS[name]}” names no source and does not begin with “assumed;”"


def test_a_comment_without_a_source_would_be_found():
    assert not SOURCE.search("a figure that seemed right")
