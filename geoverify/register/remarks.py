"""What is said of a register: how grave it is, of which record, and how to put it right."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How grave a remark is: a register with an error cannot be used, a warning should be looked at."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Remark(Struct, frozen=True, kw_only=True):
    """One remark; `code` is stable, `record` names the feature (its number from 1, and its site code) or is `file`."""

    level: Level
    code: str
    record: str
    message: str
    fix: str


def make_error(code: str, record: str, message: str, fix: str) -> Remark:
    """A remark that makes the register unusable."""
    return Remark(level=Level.ERROR, code=code, record=record, message=message, fix=fix)


def make_warning(code: str, record: str, message: str, fix: str) -> Remark:
    """A remark that somebody should look at."""
    return Remark(level=Level.WARNING, code=code, record=record, message=message, fix=fix)


def make_info(code: str, record: str, message: str, fix: str) -> Remark:
    """A remark that may be as it is meant to be."""
    return Remark(level=Level.INFO, code=code, record=record, message=message, fix=fix)
