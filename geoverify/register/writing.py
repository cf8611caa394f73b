"""Registers as files for people and for version control: one fact a line, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoverify.errors import RegisterError
from geoverify.text import escape_controls

LINE_CHARS = 120
_INDENT = "  "
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def format_register(document: Mapping[str, Any]) -> bytes:
    """Return JSON in UTF-8 in which whatever fits into `LINE_CHARS` stands on one line."""
    return ("".join(_format(document, 0, 0)) + "\n").encode("utf-8", "replace")


def write_register(data: bytes, path: Path, overwrite: bool) -> None:
    """Write a register's bytes in one step; raises `RegisterError` where that fails, or `path` exists and may not be replaced."""
    shown = escape_controls(str(path))
    if not overwrite and os.path.lexists(path):
        raise RegisterError(f"{shown}: exists already; choose another name, or give --overwrite")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".register-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                # mkstemp's files are their owner's alone; a register is a document like any other.
                Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RegisterError(f"{shown}: cannot be written ({reason}); choose another place") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _format(value: Any, depth: int, column: int) -> Iterator[str]:
    line = _ENCODER.encode(value)
    if not isinstance(value, (dict, list, tuple)) or not value or len(line) + column <= LINE_CHARS:
        yield line
        return
    inner = _INDENT * (depth + 1)
    is_object = isinstance(value, dict)
    yield "{\n" if is_object else "[\n"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for number, (key, item) in enumerate(items):
        head = inner + (f"{_ENCODER.encode(key)}: " if is_object else "")
        yield (",\n" if number else "") + head
        yield from _format(item, depth + 1, len(head) + 1)
    yield "\n" + _INDENT * depth + ("}" if is_object else "]")
