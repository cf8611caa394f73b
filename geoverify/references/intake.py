"""Photographs taken in as references: looked at behind the walls, copied under their digests, entered in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from geoverify.errors import UsageError
from geoverify.places import Register
from geoverify.references.looking import open_looker
from geoverify.references.worker import Look, Unusable
from geoverify.register.references import (
    SUFFIXES,
    Derivation,
    Reference,
    load_references,
    lock_references,
    read_pieces,
    save_references,
    store_photo,
)
from geoverify.settings import Settings
from geoverify.text import count_of, escape_controls


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one photo: its record, or why there is none."""

    path: Path
    reference: Reference | None
    message: str


def check_place(register: Register, code: str, part: str) -> None:
    """Raise `UsageError` unless the register has the site, and the site the part where one is named."""
    site = next((site for site in register.sites if site.code == code), None)
    if site is None:
        former = next((site.code for site in register.sites if code in site.former_codes), None)
        hint = f"its code is now {former}" if former else "geoverify sites list shows all"
        raise UsageError(f"{escape_controls(code)}: no site of the register has this code; {escape_controls(hint)}")
    names = [named.name for named in site.parts]
    if part and part not in names:
        known = ", ".join(names) or "none"
        raise UsageError(f"--part {escape_controls(part)}: {code} has no part of this name; it has: {escape_controls(known)}")


def add_references(
    register_path: Path,
    paths: Sequence[Path],
    template: Reference,
    at_s: float | None,
    settings: Settings,
    accepted: Mapping[Path, Derivation] | None = None,
) -> list[Taken]:
    """Take photos in with the site and the provenance of `template`; what cannot be used is left out, and said.

    `accepted` says of footage that an analyst has accepted how what is taken from it is derived.
    """
    with lock_references(register_path), open_looker([path.parent for path in paths], settings) as looker:
        references = list(load_references(register_path))
        taken: list[Taken] = []
        for path in paths:
            answer = looker.look(path, at_s, frame=True)
            if isinstance(answer, Unusable):
                taken.append(Taken(path, None, answer.message))
                continue
            if accepted is not None and answer.digest != accepted[path].digest:
                taken.append(Taken(path, None, "has changed since it was accepted; match it again and look at it again"))
                continue
            reference, pieces = _describe(path, answer, template)
            if accepted is not None:
                derived = msgspec.structs.replace(
                    accepted[path], time_s=None if answer.time_s is None else round(answer.time_s, 3)
                )
                reference = msgspec.structs.replace(reference, derived_from=derived)
            known = next((item for item in references if _is_same(item, reference)), None)
            if known is not None:
                taken.append(Taken(path, None, f"is a reference of {known.site_code} already ({known.digest[:16]}…)"))
                continue
            store_photo(register_path, pieces, reference.digest, reference.media_type)
            references.append(reference)
            taken.append(Taken(path, reference, _warn(references, reference)))
            # Photos are in before their records, and records after each photo: what is cut off loses the rest only.
            save_references(register_path, references)
    return taken


def _describe(path: Path, answer: Look, template: Reference) -> tuple[Reference, Iterator[bytes]]:
    fields = {"width_px": answer.width_px, "height_px": answer.height_px}
    if answer.frame:
        import hashlib

        digest = hashlib.sha256(answer.frame).hexdigest()
        derived = Derivation(digest=answer.digest, time_s=None if answer.time_s is None else round(answer.time_s, 3))
        reference = msgspec.structs.replace(template, digest=digest, media_type="image/jpeg", derived_from=derived, **fields)
        return reference, iter([answer.frame])
    if answer.media_type not in SUFFIXES:
        raise UsageError(f"{escape_controls(str(path))}: {answer.media_type} is not kept as a reference; convert it to JPEG")
    reference = msgspec.structs.replace(template, digest=answer.digest, media_type=answer.media_type, **fields)
    return reference, read_pieces(path)


def _is_same(one: Reference, other: Reference) -> bool:
    return (one.site_code, one.digest) == (other.site_code, other.digest)


def _warn(references: Sequence[Reference], reference: Reference) -> str:
    """What is odd about a new reference among the others; empty where nothing is."""
    shared = [item for item in references if item is not reference and item.digest == reference.digest]
    if shared:
        return f"the same file is a reference of {shared[0].site_code}: one photo cannot tell two sites apart"
    chain = [item for item in references if item is not reference and item.origin == reference.origin]
    others = count_of(len(chain), "other reference")
    return f"comes from the footage of {others}: they count as one witness" if chain else ""


def remove_references(register_path: Path, prefixes: Sequence[str], code: str | None) -> list[Reference]:
    """Take references out whose digests begin so, of one site where one is named; raises `UsageError` for what fits none.

    A photo's file goes with the last record that names it.
    """
    from geoverify.register.references import photo_path

    with lock_references(register_path):
        references = load_references(register_path)
        gone: list[Reference] = []
        for prefix in prefixes:
            fits = [item for item in references if item.digest.startswith(prefix) and code in (None, item.site_code)]
            if not fits or len(prefix) < 8:
                hint = "give at least 8 characters of its digest" if len(prefix) < 8 else "geoverify refs list shows all"
                raise UsageError(f"{escape_controls(prefix)}: no reference; {hint}")
            if len({item.digest for item in fits}) > 1:
                raise UsageError(f"{escape_controls(prefix)}: begins the digests of {len(fits)} references; give more of it")
            gone += fits
        kept = [item for item in references if item not in gone]
        save_references(register_path, kept)
        for item in gone:
            if all(other.digest != item.digest for other in kept):
                photo_path(register_path, item).unlink(missing_ok=True)
    return gone
