"""Files beside the media: every module here with a `SIDECAR` is one downloader's format, found by a sorted walk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

import msgspec

from geoverify.errors import MalformedError, MediaError, UnrecognisedError
from geoverify.interfaces import Folder, Sidecar, SidecarFile, load_family
from geoverify.media import display_path
from geoverify.model import Finding, Observation, Problem
from geoverify.results import SidecarUse
from geoverify.sidecars._files import (
    MAX_LISTING_BYTES,
    MAX_POST_BYTES,
    list_folder,
    load_sidecar,
    show_name,
)
from geoverify.text import escape_controls

MAX_FINDINGS = 5000


@dataclass(frozen=True, slots=True)
class SidecarFindings:
    """What the files beside one medium say, and which files those are."""

    findings: list[Finding] = field(default_factory=list)
    uses: list[SidecarUse] = field(default_factory=list)


@cache
def all_sidecars() -> tuple[Sidecar, ...]:
    """Every sidecar format, in the order of the module names."""
    return load_family(__name__, "SIDECAR")


def read_sidecars(media_path: Path, extra: Sequence[Path] = ()) -> SidecarFindings:
    """Find and read the files beside a medium; `extra` are files given by hand, wherever they lie.

    What cannot be read is a `Problem` and costs nothing else. A file given by hand that speaks of one medium only is read for
    the media that its name pairs it with.
    """
    media_path = _absolute(media_path)
    by_hand = {_absolute(path) for path in extra}
    result = SidecarFindings()
    for path, readers in _pair(media_path, by_hand).items():
        try:
            covers_many = any(reader.covers_many for reader in readers)
            file = load_sidecar(path, limit_of(lists_many=covers_many))
        except MediaError as error:
            result.findings.append(Problem(code=error.code, message=str(error), where="sidecars"))
            continue
        if _read(media_path, file, readers, result):
            continue
        if (path in by_hand or _is_expected(path, media_path)) and not _is_known(media_path, file):
            message = (
                f"{show_name(path)}: no format that is read here; say what wrote it, or give its facts with --sidecar as CSV"
            )
            result.findings.append(Problem(code="sidecar-unknown", message=message, where="sidecars"))
    return result


def list_listings(folder: Path) -> Iterator[Path]:
    """Yield the listings of many media that lie in or above a folder, so that a reader may be allowed to open them."""
    folder = _absolute(folder)
    for sidecar in all_sidecars():
        yield from (Path(path) for path in _list_above(str(folder), sidecar.above) if _identify(path) is not None)


def limit_of(*, lists_many: bool) -> int:
    """The size in bytes up to which a sidecar is read."""
    return MAX_LISTING_BYTES if lists_many else MAX_POST_BYTES


class RemoteFolder:
    """A folder that is not on this machine, with the names that were listed there."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        self._path, self._folder = path, Folder(names)

    def name_candidates(self, media_path: Path) -> Iterator[tuple[Path, bool]]:
        """Yield where a file may lie that is read with a medium of this folder, and whether it may list many media."""
        for sidecar in all_sidecars():
            for name in sidecar.find(media_path, self._folder):
                yield self._path / name, sidecar.covers_many
            yield from ((Path(path), sidecar.covers_many) for path in _list_above(str(self._path), sidecar.above))
        for name in self._folder.starting_with(f"{media_path.name}."):
            if name.endswith(".json"):
                yield media_path.with_name(name), False


def describe_surroundings(media_path: Path, extra: Sequence[Path] = ()) -> str:
    """A medium's name and the files that may be read with it, each with its size and time, as one digest."""
    media_path = _absolute(media_path)
    state = hashlib.sha256(os.fsencode(media_path.name))
    for path in _pair(media_path, {_absolute(path) for path in extra}):
        with suppress(OSError, ValueError):
            status = os.lstat(path)
            state.update(os.fsencode(path) + f"\0{status.st_size} {status.st_mtime_ns} {status.st_ino}\0".encode())
    return state.hexdigest()


def _pair(media_path: Path, by_hand: Collection[Path]) -> dict[Path, list[Sidecar]]:
    """The files to read for a medium, each with the formats that it may be in."""
    pairs: dict[Path, list[Sidecar]] = {}
    where = media_path.parent
    folder = list_folder(where)
    known: dict[tuple[int, int] | None, Path] = {}
    for sidecar in all_sidecars():
        found: dict[Path, None] = {}
        names = list(sidecar.find(media_path, folder))
        # One look at the folder answers for all names that are not in it; only listings lie in other folders.
        places: list[Path | str] = [where / name for name in names if name in folder]
        for path in (*places, *_list_above(str(where), sidecar.above)):
            if (identity := _identify(path)) is not None:
                known = known or {_identify(media_path): media_path}
                # A file system that ignores case has one file under several of the possible names.
                found[known.setdefault(identity, Path(path))] = None
        if by_hand:
            found.update((path, None) for path in sorted(by_hand) if sidecar.covers_many or path.name in names)
        for path in found:
            if path != media_path:
                pairs.setdefault(path, []).append(sidecar)
    for name in folder.starting_with(f"{media_path.name}."):
        if name.endswith(".json"):
            pairs.setdefault(media_path.with_name(name), [])
    return pairs


@lru_cache(maxsize=256)
def _list_above(folder: str, above: tuple[str, int] | None) -> tuple[str, ...]:
    """Where a listing of a format may lie; strings, since nearly all of these paths are looked for in vain."""
    name, levels = above or ("", 0)
    return tuple(str(at / name) for at in Path(folder, name).parents[:levels])


def _identify(path: Path | str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _is_expected(path: Path, media_path: Path) -> bool:
    """Whether a file's name says that it is this medium's own, whatever wrote it."""
    if path.parent != media_path.parent or path.suffix != ".json":
        return False
    return path.name.startswith(f"{media_path.name}.") or path.name in (f"{media_path.stem}.json", f"{media_path.stem}.info.json")


def _read(media_path: Path, file: SidecarFile, readers: Sequence[Sidecar], result: SidecarFindings) -> bool:
    """Let the readers have a file until one knows it; false where none does."""
    broken: Problem | None = None
    for reader in readers:
        findings: list[Finding] = []
        try:
            findings.extend(islice(reader.read(media_path, file), MAX_FINDINGS))
        except UnrecognisedError:
            continue
        except (MalformedError, RecursionError) as error:
            message = f"{show_name(file.path)}: {error}"
            if not findings:
                # Another format's reader may understand what this one cannot.
                broken = broken or Problem(code="sidecar-broken", message=message, where="sidecars")
                continue
            findings.append(Problem(code="sidecar-broken", message=message, where=f"sidecars.{reader.name}"))
        except Exception as error:  # a bug in one reader must not cost the file its report
            message = f"{show_name(file.path)}: {type(error).__name__}: {error}"
            findings.append(Problem(code="reader-failed", message=message, where=f"sidecars.{reader.name}"))
        if findings:
            name = _show_relative(file.path, media_path.parent)
            result.findings.extend(_name_file(finding, name) for finding in findings)
            result.uses.append(SidecarUse(path=name, digest=file.digest, reader=reader.name))
        return True
    if broken is not None:
        result.findings.append(broken)
    return broken is not None


def _is_known(media_path: Path, file: SidecarFile) -> bool:
    for sidecar in all_sidecars():
        try:
            next(sidecar.read(media_path, file), None)
        except MalformedError:
            continue
        return True
    return False


def _name_file(finding: Finding, name: str) -> Finding:
    if not isinstance(finding, Observation):
        return finding
    return msgspec.structs.replace(finding, provenance=msgspec.structs.replace(finding.provenance, file=name))


def _absolute(path: Path) -> Path:
    # Not `resolve`: the names that people see are those that pair, and symbolic links are never followed.
    return Path(os.path.normpath(path.absolute()))


def _show_relative(path: Path, folder: Path) -> str:
    try:
        return escape_controls(display_path(Path(os.path.relpath(path, folder)))[0])
    except ValueError:  # another drive
        return show_name(path)
