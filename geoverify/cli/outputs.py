"""The files that a run writes: never an input, and an older one is replaced only by a whole new one."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

import typer

from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.interfaces import Background, Sink
    from geoverify.results import Judgement, Report
    from geoverify.sharing.sharer import Sharer

STDOUT = "-"
PART_SUFFIX = ".part"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ELSEWHERE = "write to another file"


@dataclass(frozen=True, slots=True)
class Target:
    """An output as it was asked for: its format, the file or `-`, and the option that named it."""

    exporter: str
    file: str
    option: str


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

    def __init__(self, targets: Sequence[Target], inputs: Iterable[Path], *, excel: bool) -> None:
        """Raises `UsageError` for a target that is an input or another output."""
        self._targets = targets
        self._excel = excel
        self._outputs: list[_Output] = []
        self._background: Background | None = None
        self._sharer: Sharer | None = None
        _refuse_clashes(targets, inputs)

    def prepare(self, background: Background, sharer: Sharer | None) -> None:
        """Say what outputs may show beside the reports, and how these are reduced where the outputs are to be passed on."""
        self._background, self._sharer = background, sharer

    def __enter__(self) -> Outputs:
        try:
            for target in self._targets:
                self._outputs.append(_open_output(target.exporter, target.file))
        except UsageError:
            self._discard()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._discard()

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        """Write a report to every output; raises `UsageError` where the disk is full or an output is a sidecar of the file."""
        if not self._outputs:
            return
        from geoverify.exports import all_exporters
        from geoverify.interfaces import NO_BACKGROUND

        self._refuse_sidecars(report)
        if self._sharer is not None:
            report, judgements = self._sharer.share(report), self._sharer.share_judgements(judgements)
        for output in self._outputs:
            with _explain_failure(output.shown):
                if output.sink is None:
                    if self._excel and output.exporter.startswith("csv"):
                        output.stream.write(BYTE_ORDER_MARK)
                    output.sink = all_exporters()[output.exporter].start(output.stream, self._background or NO_BACKGROUND)
                output.sink.add(report, judgements)

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
            if output.sink is not None:
                # Whatever fails here has failed before, and has been told.
                with suppress(Exception):
                    output.sink.close()
            if output.target is None:
                continue
            # On a full disk even closing fails, and that has been told by then.
            with suppress(OSError):
                output.stream.close()
            if output.part is not None:
                output.part.unlink(missing_ok=True)


def list_inputs(case_files: Iterable[Path]) -> list[Path]:
    """What a command that looks at cases must not write over: the cases themselves and every file that they know."""
    from geoverify.case.store import list_files, look_at_case

    inputs: list[Path] = []
    for case_file in case_files:
        inputs.append(case_file)
        with look_at_case(case_file) as case:
            inputs += [path for path, *_ in list_files(case)]
    return inputs


def refuse_inputs(option: str, target: str, inputs: Iterable[Path]) -> None:
    """Raise `UsageError` where a target that is written in another way is an input."""
    _refuse_clashes([Target(option, target, f"--{option}")], inputs)


def write_files(contents: Mapping[str, tuple[str, bytes]], inputs: Iterable[Path]) -> None:
    """Write whole files, each by the option (`json`, `csv`) that names its target, as `Outputs` does: all of them or none.

    Raises `UsageError` for a target that is an input or another target, and where it cannot be written.
    """
    _refuse_clashes([Target(option, file, f"--{option}") for option, (file, _) in contents.items()], inputs)
    outputs: list[_Output] = []
    try:
        for option, (target, data) in contents.items():
            output = _open_output(option, target)
            outputs.append(output)
            with _explain_failure(output.shown):
                output.stream.write(data)
                output.stream.flush()
        for output in outputs:
            if output.target is not None and output.part is not None:
                with _explain_failure(output.shown):
                    output.stream.close()
                    output.part.replace(output.target)
    finally:
        for output in outputs:
            if output.target is not None:
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


def _refuse_clashes(targets: Sequence[Target], inputs: Iterable[Path]) -> None:
    if not targets:
        return
    from geoverify.exports import all_exporters

    taken: dict[object, str] = {key: "an input of this run" for path in inputs for key in _identify(path)}
    for target in targets:
        if target.file == STDOUT:
            if target.option.startswith("--csv") or not all_exporters()[target.exporter].is_text:
                raise UsageError(
                    f"{target.option} {STDOUT}: only --json can go to standard output, and -o with a format that is text; "
                    "give the name of a file"
                )
            if STDOUT in taken:
                raise UsageError(f"{target.option} {STDOUT}: two outputs cannot share standard output; give the name of a file")
            taken[STDOUT] = "standard output"
            continue
        keys = {*_identify(target.file), *_identify(os.path.realpath(target.file) + PART_SUFFIX)}
        for key in keys & taken.keys():
            raise UsageError(f"{escape_controls(target.file)}: is {taken[key]} and would be lost; {_ELSEWHERE}")
        taken.update(dict.fromkeys(keys, f"the output of {target.option} too"))


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
