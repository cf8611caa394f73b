"""The index of a register's references, built anew or brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoverify.errors import RegisterError, UsageError
from geoverify.references.looking import Looker, open_looker, unpack_features
from geoverify.references.worker import Unusable
from geoverify.register.references import (
    INDEX_NAME,
    Reference,
    find_references,
    is_intact,
    load_references,
    lock_references,
    photo_path,
    references_folder,
)
from geoverify.settings import Settings
from geoverify.text import escape_controls
from geoverify.vision.features import Features
from geoverify.vision.index import IndexEntry, build_index, list_digests, open_index


@dataclass(frozen=True, slots=True)
class Built:
    """An index that was written: where, of how many photos of how many sites, and of how many features were taken anew."""

    path: Path
    photo_count: int
    site_count: int
    new_count: int


def build_references(register_path: Path, settings: Settings, *, afresh: bool = False) -> Built:
    """Write the index of a register's references in one step; photos that the last index holds are not looked at again.

    Raises `UsageError` where there are none, and `RegisterError` for a photo that is missing, changed or cannot be decoded.
    """
    references = load_references(register_path)
    if not references:
        raise UsageError(
            f"{escape_controls(str(register_path))}: has no references; add some with geoverify refs add CODE PHOTO…"
        )
    folder = references_folder(register_path)
    target, part = folder / INDEX_NAME, folder / (INDEX_NAME + ".part")
    new: set[str] = set()
    with lock_references(register_path), open_looker([folder], settings) as looker:
        previous = None if afresh else find_references(register_path)
        known = list_digests(previous)
        for reference in references:
            # Features that the last index holds were taken from bytes of that digest: refs check looks whether they still are.
            is_known = reference.digest in known and photo_path(register_path, reference).is_file()
            if not is_known and not is_intact(register_path, reference):
                shown = escape_controls(str(photo_path(register_path, reference)))
                cure = "restore it from a copy, or take it out with geoverify refs remove"
                raise RegisterError(f"{shown}: missing or changed since it was added; {cure}")
        ordered = sorted(references, key=lambda item: (item.site_code, item.digest))
        entries = (
            IndexEntry(
                site_code=item.site_code,
                photo_digest=item.digest,
                part=item.part,
                derived_from="" if item.derived_from is None else item.origin,
                features=_extract_later(register_path, item, looker, new),
            )
            for item in ordered
        )
        try:
            build_index(entries, part, previous)
            part.replace(target)
        except OSError as error:
            raise RegisterError(
                f"{escape_controls(str(target))}: cannot be written ({error.strerror}); make room there"
            ) from error
        finally:
            part.unlink(missing_ok=True)
    return Built(target, len(references), len({item.site_code for item in references}), len(new))


def holds_exactly(index: Path, references: Sequence[Reference]) -> bool:
    """Whether an index was built of these references, with the parts and the footage that they name today."""
    try:
        with open_index(index) as opened:
            held = {(item.site_code, item.photo_digest, item.part, item.origin) for item in opened.references}
    except UsageError:
        return False
    return held == {(item.site_code, item.digest, item.part, item.origin) for item in references}


def _extract_later(register_path: Path, reference: Reference, looker: Looker, new: set[str]) -> Callable[[], Features]:
    def extract() -> Features:
        path = photo_path(register_path, reference)
        answer = looker.look(path, features=True)
        if isinstance(answer, Unusable):
            raise RegisterError(f"{escape_controls(str(path))}: {answer.message}")
        new.add(reference.digest)
        return unpack_features(answer)

    return extract
