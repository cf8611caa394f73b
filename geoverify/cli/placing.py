"""The one way in which outputs get to their place: never over a case, its footage or another input, and whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import typer

from geoverify.errors import UsageError
from geoverify.text import escape_controls
from geoverify.urls import archive_candidates

STDOUT = "-"
PART_SUFFIX = ".part"
_ELSEWHERE = "write to another file"
# What a full output tells is as sensitive as the case: its owner's alone. A copy to pass on is like any other document.
_PRIVATE, _SHARED = 0o600, 0o666


@dataclass(frozen=True, slots=True)
class Target:
    """An output as it was asked for: its format, the file or `-`, the option that named it, and whether an older one may go."""

    format: str
    file: str
    option: str
    replaces: bool = True


class Place:
    """One open output, `part` of which becomes `target` in the end; a device has no part, standard output no target either."""

    def __init__(self, shown: str, stream: BinaryIO, target: Path | None, part: Path | None) -> None:
        self.shown, self.stream, self.target, self._part = shown, stream, target, part
        self._is_settled = False

    @contextmanager
    def explain_failure(self) -> Iterator[None]:
        """Say which output could not be written and what to do; raises `UsageError`."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UsageError(describe_write_error(self.shown, error)) from error

    def finish(self) -> None:
        """Have everything written; a file is not yet where it was asked for."""
        with self.explain_failure():
            self.stream.flush()
            if self._part is not None:
                self.stream.close()

    def settle(self) -> None:
        """Put a finished file where it was asked for, and tell where an older one was."""
        if self._part is None or self.target is None:
            return
        with self.explain_failure():
            is_older = self.target.exists()
            self._part.replace(self.target)
        self._is_settled = True
        if is_older:
            typer.echo(f"{self.shown}: an older file of this name was replaced", err=True)

    def find_digest(self) -> str | None:
        """SHA-256 of a file that is in its place."""
        if not self._is_settled or self.target is None:
            return None
        with self.target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def discard(self) -> None:
        """Close it; what is not in its place is gone."""
        if self.target is None:
            return
        # On a full disk even closing fails, and that has been told by then.
        with suppress(OSError):
            self.stream.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)


def write_files(
    contents: Mapping[Target, bytes], *, case_files: Iterable[Path], inputs: Iterable[Path] = (), share: bool = False
) -> None:
    """Write whole files, all of them or none, that only their owner can read unless they are to be shared.

    `case_files` are the cases that were looked at.

    Raises `UsageError` as `check_targets` does, and where a file cannot be written.
    """
    check_targets(list(contents), case_files=case_files, inputs=inputs)
    with ExitStack() as stack:
        places: list[Place] = []
        for target, data in contents.items():
            place = open_place(target, is_private=not share)
            stack.callback(place.discard)
            places.append(place)
            with place.explain_failure():
                place.stream.write(data)
            place.finish()
        for place in places:
            place.settle()


def check_targets(targets: Sequence[Target], *, case_files: Iterable[Path], inputs: Iterable[Path] = ()) -> None:
    """Refuse what must not be written to: a case, footage that it knows, any other input, another output, a link.

    Raises `UsageError`, also where an older file is to stay, and for formats that cannot go to standard output.
    """
    if not targets:
        return
    keys_of = {target: {*identify(target.file), *identify(os.path.realpath(target.file) + PART_SUFFIX)} for target in targets}
    files = [target for target in targets if target.file != STDOUT]
    wanted = {key: escape_controls(target.file) for target in files for key in keys_of[target]}
    # A case can have millions of files: each is held against the few targets, and none is remembered.
    folders: set[Path] = set()
    for path in chain(inputs, _list_inputs(case_files)) if files else ():
        for holder in () if path.parent in folders else archive_candidates(path):
            for key in _identify_quickly(holder) & wanted.keys():
                raise UsageError(f"{wanted[key]}: holds inputs of this run and would be lost; {_ELSEWHERE}")
        folders.add(path.parent)
        for key in _identify_quickly(path) & wanted.keys():
            raise UsageError(f"{wanted[key]}: is an input of this run and would be lost; {_ELSEWHERE}")
    taken: dict[object, str] = {}
    for target in targets:
        if target.file == STDOUT:
            _check_stdout(target)
            if STDOUT in taken:
                raise UsageError(f"{target.option} {STDOUT}: two outputs cannot share standard output; give the name of a file")
            taken[STDOUT] = "standard output"
            continue
        shown, path = escape_controls(target.file), Path(target.file)
        for key in keys_of[target] & taken.keys():
            raise UsageError(f"{shown}: is {taken[key]} and would be lost; {_ELSEWHERE}")
        taken.update(dict.fromkeys(keys_of[target], f"the output of {target.option} too"))
        # Whoever made the link chose what would be written to; a device behind one (/dev/stdout) can lose nothing.
        if path.is_symlink() and (path.is_file() or not path.exists()):
            raise UsageError(f"{shown}: is a link, and outputs follow none; name the file itself")
        if not target.replaces and os.path.lexists(path):
            raise UsageError(f"{shown}: is there already; name another file, or give --overwrite")


def open_place(target: Target, *, is_private: bool) -> Place:
    """Open an output that was checked; raises `UsageError` where nothing can be written there."""
    shown = escape_controls(target.file)
    if target.file == STDOUT:
        return Place("standard output", typer.get_binary_stream("stdout"), None, None)
    path = Path(target.file)
    try:
        if path.exists() and not path.is_file():
            return Place(shown, path.open("wb"), path, None)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        part = path.with_name(path.name + PART_SUFFIX)
        rights = _PRIVATE if is_private else _SHARED
        stream = open(part, "xb", opener=lambda name, flags: os.open(name, flags, rights))  # noqa: SIM115 - the place closes it
        return Place(shown, stream, path, part)
    except FileExistsError as error:
        raise UsageError(
            f"{shown}{PART_SUFFIX}: is there already, of a run that goes on or was killed; wait for it or delete the file"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{shown}: cannot write there ({reason}); choose another file") from error


def describe_write_error(shown: str, error: OSError) -> str:
    """Say which output could not be written, why, and what to do."""
    return f"{shown}: cannot be written ({error.strerror}); make room or choose another place, then run it again"


def identify(path: str | Path) -> set[object]:
    """What a file is known by: its path without links and, where it exists, its number on its disk, which hard links share."""
    keys: set[object] = {os.path.realpath(path)}
    with suppress(OSError):
        status = Path(path).stat()
        keys.add((status.st_dev, status.st_ino))
    return keys


def _identify_quickly(path: Path) -> set[object]:
    """The number of a file on its disk, which tells it under any name; for one that is not there its path without links."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return {os.path.realpath(path)}
    return {(status.st_dev, status.st_ino)}


def _list_inputs(case_files: Iterable[Path]) -> Iterator[Path]:
    """The cases that are there and every file that they know."""
    from geoverify.case.store import list_known_paths

    for case_file in case_files:
        yield case_file
        if case_file.is_file():
            yield from list_known_paths(case_file)


def _check_stdout(target: Target) -> None:
    if target.option == "--json":
        return
    from geoverify.exports import all_exporters

    exporter = all_exporters().get(target.format)
    if target.option != "-o" or exporter is None or not exporter.is_text:
        raise UsageError(
            f"{target.option} {STDOUT}: only --json can go to standard output, and -o with a format that is text; "
            "give the name of a file"
        )
