"""JSON of a command that is no report, in a file or on standard output."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from geoverify.cli.outputs import write_files
from geoverify.text import escape_json


def write_json(content: Any, target: str, inputs: Iterable[Path]) -> None:
    """Write whole or not at all, never over an input."""
    lines = msgspec.json.format(msgspec.json.encode(content), indent=2).splitlines()
    write_files({"json": (target, b"".join(escape_json(line) + b"\n" for line in lines))}, inputs)
