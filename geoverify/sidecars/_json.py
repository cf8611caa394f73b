"""JSON from other people's programs: members found without building them, each decoded alone, damage mended where it can be."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from geoverify.errors import BudgetError, MalformedError, UnrecognisedError
from geoverify.interfaces import SidecarFile

T = TypeVar("T")
MAX_MENDED_BYTES = 16 << 20
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_ITEMS = msgspec.json.Decoder(list[Raw])
_ANY = msgspec.json.Decoder(Any)
_BAD = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def members_of(sidecar: SidecarFile) -> Mapping[str, Raw]:
    """The members of a JSON file's one object, still as bytes; of a name that stands twice the last counts.

    Raises `UnrecognisedError` where the file holds something else than an object, `MalformedError` where it is no JSON.
    """
    outcome = _parse(sidecar)
    if isinstance(outcome, MalformedError):
        raise outcome.with_traceback(None)
    return outcome


@lru_cache(maxsize=16)
def _parse(sidecar: SidecarFile) -> Mapping[str, Raw] | MalformedError:
    # A failure is kept too: several readers may ask for the same broken file.
    try:
        return _parse_file(sidecar.data)
    except MalformedError as error:
        return error


def _parse_file(data: bytes) -> Mapping[str, Raw]:
    start = data[:64].removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start not in (b"{", b""):
        raise UnrecognisedError("it does not begin like a JSON object")
    return parse_members(data)


def parse_members(data: bytes | Raw) -> Mapping[str, Raw]:
    """The members of a JSON object; raises as `members_of` does."""
    return _decode(_MEMBERS, data, "one object")


def parse_items(data: bytes | Raw) -> list[Raw]:
    """The items of a JSON array; raises as `members_of` does."""
    return _decode(_ITEMS, data, "an array")


def decode_value(raw: Raw) -> Any:
    """One value as Python's own types; raises `MalformedError` where it is no JSON or too deep."""
    return _decode(_ANY, raw, "a value")


def _decode(decoder: msgspec.json.Decoder[T], data: bytes | Raw, shape: str) -> T:
    try:
        return decoder.decode(data)
    except _BAD as error:
        # A number out of range is the one value of the wrong type that can be mended.
        if isinstance(error, msgspec.ValidationError) and decoder is not _ANY:
            raise UnrecognisedError(f"it is JSON, but not {shape}") from None
        mended = mend(data)
    try:
        return decoder.decode(mended)
    except msgspec.ValidationError:
        raise UnrecognisedError(f"it is JSON, but not {shape}") from None
    except _BAD:
        raise BudgetError("it is nested deeper than any honest file of its kind") from None


def mend(data: bytes | Raw) -> bytes:
    """Rewrite what other writers call JSON as strict JSON.

    Half surrogate pairs and bytes that are not UTF-8 become `?` and U+FFFD, a byte order mark goes; `NaN`, `Infinity` and numbers
    too large for a double become strings, so that whoever wants a number sees that there is none. Raises `MalformedError`.
    """
    raw = bytes(data)
    if len(raw) > MAX_MENDED_BYTES:
        raise BudgetError(f"it is no strict JSON, and its {len(raw)} bytes are too many to be mended; save it again")
    try:
        value = json.loads(
            raw.decode("utf-8-sig", "replace"), strict=False, parse_constant=str, parse_float=_parse_float, parse_int=_parse_int
        )
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise BudgetError("it is nested deeper than any honest file of its kind") from None
    except ValueError as error:
        raise MalformedError(f"it is no JSON ({error}); it may be cut off: download or export it again") from None


def _parse_float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _parse_int(text: str) -> int | str:
    # 64 bits hold every identifier and time; longer ones cost time that grows with the square of their length.
    return int(text) if len(text) <= 19 else text
