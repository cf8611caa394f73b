"""The EXIF directories of one block, and the ways in which every EXIF reader looks at their fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from geoverify.containers.exif_blocks import ExifBlock
from geoverify.containers.tiff import BYTE, RATIONAL, SRATIONAL, Directory, Field, Tiff
from geoverify.errors import MalformedError
from geoverify.model import Absent, Observation, Problem, Provenance, Reason, Value, Who
from geoverify.text import MAX_TEXT_CHARS, decode_text

NAME = "exif"
MAX_SHOWN_VALUES = 16
# The longest text that is kept; no number of EXIF comes near it.
MAX_VALUE_BYTES = MAX_TEXT_CHARS * 4

# One token of a number written as text; a comma may be a decimal sign or a separator and is therefore none.
_DECIMAL = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,12})?", re.ASCII)


class UnusableError(Exception):
    """A field is there and cannot be used; it becomes an `Absent` with this reason."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class ExifTags:
    """The main image's directories of one block: IFD0, Exif and GPS where it has them."""

    where: str
    image: Directory | None = None
    exif: Directory | None = None
    gps: Directory | None = None
    problems: list[Problem] = field(default_factory=list)

    def image_field(self, tag: int) -> Field | None:
        """A field of IFD0."""
        return self.image.field(tag, MAX_VALUE_BYTES) if self.image and tag in self.image.entries else None

    def exif_field(self, tag: int) -> Field | None:
        """A field of the Exif directory, or of IFD0, where TIFF/EP cameras put the same tags."""
        return self.exif.field(tag, MAX_VALUE_BYTES) if self.exif and tag in self.exif.entries else self.image_field(tag)

    def gps_field(self, tag: int) -> Field | None:
        """A field of the GPS directory."""
        return self.gps.field(tag, MAX_VALUE_BYTES) if self.gps and tag in self.gps.entries else None

    def observe(self, value: Value, tags: str, raw: str) -> Observation[Value]:
        """Make an observation; `tags` are the standard's own field names."""
        place = f"{tags} ({self.where})" if self.where else tags
        return Observation(value=value, provenance=Provenance(reader=NAME, field=place, raw=raw[:MAX_TEXT_CHARS], who=Who.DEVICE))


def read_tags(block: ExifBlock, is_first: bool) -> ExifTags:
    """Find the directories of a block; those of a second and further EXIF in one file are named by where they stand.

    Raises `MalformedError` where the block's only part is no TIFF structure; one of several is left out with a problem.
    """
    tags = ExifTags("" if is_first else block.where)
    for root, source in block.parts:
        try:
            tiff = Tiff(source)
        except MalformedError as error:
            if len(block.parts) == 1:
                raise MalformedError(f"{block.where}: {error}") from error
            tags.problems.append(warn("malformed", f"{block.where}, {root}: {error}"))
            continue
        _collect(tags, tiff, root, block.where)
    return tags


def _collect(tags: ExifTags, tiff: Tiff, root: str, where: str) -> None:
    for directory in tiff.walk(root):
        if directory.name == "IFD0" and tags.image is None:
            tags.image = directory
        elif directory.name == "Exif" and tags.exif is None:
            tags.exif = directory
        elif directory.name == "GPS" and tags.gps is None:
            tags.gps = directory
        else:
            continue
        if directory.is_cut:
            message = (
                f"{where}: only {len(directory.entries)} fields of {directory.name} are in the block; ask for the original file"
            )
            tags.problems.append(warn("truncated", message))
        if tags.exif and tags.gps:
            return


def warn(code: str, message: str) -> Problem:
    """A problem that this reader states."""
    return Problem(code=code, message=message, where=f"readers.{NAME}")


def absent(what: str, reason: Reason, detail: str) -> Absent:
    """An absence that this reader states."""
    return Absent(what=what, reason=reason, detail=detail[:MAX_TEXT_CHARS], reader=NAME)


def text_of(value: Field | None) -> str:
    """A field's words, empty where it is missing, blank or not text."""
    return decode_text(value.data) if value and value.is_text else ""


def integer_of(value: Field | None) -> int | None:
    """A field's first number where it is a whole one, also where a digit was written in its place."""
    if value is None:
        return None
    numbers = value.integers()
    if numbers and not (value.is_text and 48 <= numbers[0] <= 57):
        return numbers[0]
    text = text_of(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def pairs_of(value: Field, name: str) -> tuple[tuple[int, int], ...]:
    """A field's numbers as (numerator, denominator); raises `UnusableError` where they are none, or are cut off.

    Text is read where it can mean one thing only: numbers with a decimal point, with blanks between them.
    """
    if value.is_cut:
        raise UnusableError(Reason.TRUNCATED, f"{name}: the value stands outside the block; ask for the original file")
    pairs = value.rationals() if not value.is_text or value.kind == BYTE else tuple(_parse_decimals(text_of(value), name))
    if not pairs:
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: no number but {show(value)!r}")
    if any(den == 0 for _, den in pairs):
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: {show(value)} has a zero denominator, which stands for “unknown”")
    return pairs


def number_of(value: Field, name: str) -> float:
    """A field's first number; raises `UnusableError` where there is none."""
    num, den = pairs_of(value, name)[0]
    return num / den


def show(value: Field | None) -> str:
    """A field's raw value as text: words as they are, rationals as num/den, at most `MAX_SHOWN_VALUES` numbers."""
    if value is None:
        return ""
    if value.is_text and value.kind != BYTE:
        return decode_text(value.data)
    pairs = value.rationals()
    if value.kind not in (RATIONAL, SRATIONAL) and all(den == 1 for _, den in pairs):
        shown = [str(num) for num, _ in pairs[:MAX_SHOWN_VALUES]]
    else:
        shown = [f"{num}/{den}" for num, den in pairs[:MAX_SHOWN_VALUES]]
    return " ".join(shown) + (" …" if len(pairs) > MAX_SHOWN_VALUES else "")


def show_fields(fields: Iterable[tuple[str, Field | None]]) -> str:
    """Several raw values on one line, each behind its name; missing ones are left out."""
    return "; ".join(f"{name} {show(value)}" for name, value in fields if value is not None)


def _parse_decimals(text: str, name: str) -> Iterator[tuple[int, int]]:
    tokens = text.split()
    if not tokens or not all(_DECIMAL.fullmatch(token) for token in tokens):
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: the text {text!r} is no number that can mean one thing only")
    for token in tokens:
        whole, _, decimals = token.partition(".")
        yield int(whole + decimals), 10 ** len(decimals)
