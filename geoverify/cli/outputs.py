"""The files that a run writes: never an input, and an older one is replaced only by a whole new one."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

import typer

from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.interfaces import Sink
    from geoverify.results import Report

STDOUT = "-"
PART_SUFFIX = ".part"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ELSEWHERE = "write to another file"


@dataclass(slots=True)
class _Output:
    """One open output; `part` becomes `target` in the end. A device has no `part`, standard output no `target` either."""

    exporter: str
    shown: str
    stream: BinaryIO
    target: Path | None
    part: Path | None
    sink: Sink | None = None


class Outputs:
    """The outputs of one run, to be used as a context; what is not finished when it ends leaves older outputs as they were."""

    def __init__(self, targets: Mapping[str, str | None], inputs: Iterable[Path], *, excel: bool) -> None:
        """Take the target of each exporter, by its name; raises `UsageError` for one that is an input or another output."""
        self._targets = {exporter: target for exporter, target in targets.items() if target is not None}
        self._excel = excel
        self._outputs: list[_Output] = []
        _refuse_clashes(self._targets, inputs)

    def __enter__(self) -> Outputs:
        try:
            for exporter, target in self._targets.items():
                self._outputs.append(_open_output(exporter, target))
        except UsageError:
            self._discard()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._discard()

    def add(self, report: Report) -> None:
        """Write a report to every output; raises `UsageError` where the disk is full or an output is a sidecar of the file."""
        from geoverify.exports import all_exporters

        self._refuse_sidecars(report)
        for output in self._outputs:
            with _explain_failure(output.shown):
                if output.sink is None:
                    if self._excel and output.exporter.startswith("csv"):
                        output.stream.write(BYTE_ORDER_MARK)
                    output.sink = all_exporters()[output.exporter].start(output.stream)
                output.sink.add(report)

    def finish(self) -> None:
        """Put every output that got a report in its place; all are written to their end before the first is."""
        for output in self._outputs:
            with _explain_failure(output.shown):
                if output.sink is not None:
                    output.sink.finish()
                output.stream.flush()
                if output.part is not None:
                    output.stream.close()
        for output in self._outputs:
            if output.target is not None and output.part is not None and output.sink is not None:
                with _explain_failure(output.shown):
                    output.part.replace(output.target)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file that is in its place, by its name."""
        placed = [output.target for output in self._outputs if output.target is not None and output.part is not None]
        return {target.name: _digest(target) for target in placed if target.is_file()}

    def _refuse_sidecars(self, report: Report) -> None:
        media = report.media
        path = Path(os.fsdecode(bytes.fromhex(media.path_bytes_hex)) if media.path_bytes_hex else media.path)
        for use in report.sidecars:
            beside = _identify(path.parent / use.path)
            for output in self._outputs:
                if output.target is not None and beside & _identify(output.target):
                    raise UsageError(f"{output.shown}: describes {escape_controls(media.path)} and would be lost; {_ELSEWHERE}")

    def _discard(self) -> None:
        for output in self._outputs:
            if output.target is None:
                continue
            # On a full disk even closing fails, and that has been told by then.
            with suppress(OSError):
                output.stream.close()
            if output.part is not None:
                output.part.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_write_error(shown: str, error: OSError) -> str:
    """Say which output could not be written, why, and what to do."""
    return f"{shown}: cannot be written ({error.strerror}); make room or choose another place, then run it again"


def _refuse_clashes(targets: Mapping[str, str], inputs: Iterable[Path]) -> None:
    if not targets:
        return
    taken: dict[object, str] = {key: "an input of this run" for path in inputs for key in _identify(path)}
    for exporter, target in targets.items():
        if target == STDOUT:
            if exporter != "json":
                raise UsageError(f"--{exporter} {STDOUT}: only --json can go to standard output; give the name of a file")
            continue
        keys = {*_identify(target), *_identify(os.path.realpath(target) + PART_SUFFIX)}
        for key in keys & taken.keys():
            raise UsageError(f"{escape_controls(target)}: is {taken[key]} and would be lost; {_ELSEWHERE}")
        taken.update(dict.fromkeys(keys, f"the output of --{exporter} too"))


def _identify(path: str | Path) -> set[object]:
    """What a file is known by: its path without links and, where it exists, its number on its disk, which hard links share."""
    keys: set[object] = {os.path.realpath(path)}
    with suppress(OSError):
        status = Path(path).stat()
        keys.add((status.st_dev, status.st_ino))
    return keys


def _open_output(exporter: str, given: str) -> _Output:
    shown = escape_controls(given)
    if given == STDOUT:
        stream = typer.get_binary_stream("stdout")
        return _Output(exporter, "standard output", stream, None, None)
    try:
        path = Path(given)
        if path.exists() and not path.is_file():
            return _Output(exporter, shown, path.open("wb"), path, None)
        # A link stays, and what it points to is replaced.
        target = Path(os.path.realpath(path))
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        part = target.with_name(target.name + PART_SUFFIX)
        output = _Output(exporter, shown, part.open("xb"), target, part)
        if target.exists():
            shutil.copymode(target, part)
    except FileExistsError as error:
        raise UsageError(
            f"{shown}{PART_SUFFIX}: is there already, of a run that goes on or was killed; wait for it or delete the file"
        ) from error
    except OSError as error:
        raise UsageError(f"{shown}: cannot write there ({error.strerror}); choose another file") from error
    return output


@contextmanager
def _explain_failure(shown: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(describe_write_error(shown, error)) from error
