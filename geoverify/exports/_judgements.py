"""What people decided, as JSON that stands apart from the reports."""

from __future__ import annotations

from typing import Any

import msgspec

from geoverify.results import Judgement, Report
from geoverify.text import escape_json


def encode_judgement(report: Report, judgement: Judgement) -> bytes:
    """A judgement as one line of JSON that names its file by path and digest."""
    return escape_json(msgspec.json.encode(describe_file(report) | msgspec.to_builtins(judgement)))


def describe_file(report: Report) -> dict[str, Any]:
    """The members by which a judgement names its file."""
    media = report.media
    return {"path": media.path, "path_bytes_hex": media.path_bytes_hex, "sha256": media.digest.hex if media.digest else None}
