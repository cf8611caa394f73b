"""Files that may do harm, read in processes of their own: what each cost, and what was wrong with what came out of it.

The child is `python -m builders.examination VICTIMS`, where VICTIMS is a folder of real media, or nothing for the specimens; it
reads tasks and answers them as JSON, one a line. A child that dies names the file that it died of.
"""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from builders.hostile_movies import MOVIES
from builders.hostile_pictures import PICTURES
from builders.mutations import Victim, mutate, prepare
from builders.soundness import find_faults
from builders.specimens import SPECIMENS, write_clips
from geoverify.errors import MalformedError, MissingToolError
from geoverify.media import HEAD_BYTES, open_media, sniff_type
from geoverify.model import Finding, MediaKind
from geoverify.readers import all_readers, read_findings

HOSTILE = PICTURES | MOVIES
# Long after a reader has taken too long; the child then says where it is and dies.
HANG_S = 30.0
# What a child may grow by before allocations fail; a runaway should not take the machine with it.
MAX_CHILD_BYTES = 4 << 30
LAST_WORDS_BYTES = 4000
_TESTS = Path(__file__).resolve().parents[1]


class MutantTask(msgspec.Struct, frozen=True, tag="mutant"):
    """One mutant of the victims."""

    seed: int
    number: int


class HostileTask(msgspec.Struct, frozen=True, tag="hostile"):
    """One file of `HOSTILE`."""

    name: str


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file: CPU seconds of all readers, how far the process grew over what it was at first, faults in words."""

    name: str
    recipe: tuple[str, ...] = ()
    cpu_s: float = 0.0
    growth_bytes: int = 0
    faults: tuple[str, ...] = ()


Task = MutantTask | HostileTask


def list_victims(folder: Path | None) -> list[Victim]:
    """The pictures and videos of a folder in the order of their names; without one the specimens."""
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            return [prepare(name, data) for name, data in (SPECIMENS | write_clips(Path(temporary))).items()]
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = ((path.relative_to(folder), path.read_bytes()) for path in paths)
    return [prepare(str(name), data) for name, data in files if sniff_type(data[:HEAD_BYTES])[0] is not MediaKind.UNKNOWN]


def examine(tasks: Sequence[Task], folder: Path | None, jobs: int) -> Iterator[Examination]:
    """Yield what came of each task, in their order, out of so many children."""
    stripes = [tasks[number::jobs] for number in range(jobs)]
    with ThreadPoolExecutor(jobs) as threads:
        results = list(threads.map(lambda stripe: list(_examine_stripe(stripe, folder)), stripes))
    for number in range(len(tasks)):
        yield results[number % jobs][number // jobs]


def _examine_stripe(tasks: Iterable[Task], folder: Path | None) -> Iterator[Examination]:
    child: _Child | None = None
    for task in tasks:
        child = child or _Child(folder)
        answer = child.ask(task)
        if isinstance(answer, str):
            yield Examination(name=repr(task), faults=(f"the process died: {answer}",))
            child = None
        else:
            yield answer
    if child is not None:
        child.close()


class _Child:
    """A process that reads one file after the other."""

    def __init__(self, folder: Path | None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it is read when the process has died
        command = [sys.executable, "-m", "builders.examination", *([str(folder)] if folder else [])]
        paths = [str(_TESTS), str(_TESTS.parent), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, env=environment
        )

    def ask(self, task: Task) -> Examination | str:
        """The answer, or the last words of a child that died of the task."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(msgspec.json.encode(task) + b"\n")
            stdin.flush()
            line = stdout.readline()
        except OSError:
            line = b""
        if line.endswith(b"\n"):
            return msgspec.json.decode(line, type=Examination)
        return f"exit code {self._process.wait()}; {self.close()}"

    def close(self) -> str:
        """End the process, which ends with its input, and return its last words."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        with self._stderr as words:
            words.seek(0)
            return words.read()[-LAST_WORDS_BYTES:].decode("utf-8", "backslashreplace")


def main() -> None:
    """Answer tasks until stdin closes."""
    faulthandler.enable()
    victims = list_victims(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What a library prints is not an answer.
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        # Libraries load with the first file that needs them, and are no file's own cost.
        for data in SPECIMENS.values():
            path.write_bytes(data)
            _read(path)
        before = _resident_bytes()
        _limit_growth()
        for line in sys.stdin.buffer:
            task: Task = msgspec.json.decode(line, type=Task)
            name, recipe, data = _make(task, victims)
            path.write_bytes(data)
            _forget_peak()
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            started_s = time.process_time()
            findings = _read(path)
            cpu_s = time.process_time() - started_s
            faulthandler.cancel_dump_traceback_later()
            faults = find_faults(findings, frozenset(reader.name for reader in all_readers()))
            if any("reader-failed" in fault for fault in faults):
                faults += _explain(path)
            result = Examination(name=name, recipe=recipe, cpu_s=cpu_s, growth_bytes=_peak_bytes() - before, faults=tuple(faults))
            answers.write(msgspec.json.encode(result) + b"\n")


def _make(task: Task, victims: Sequence[Victim]) -> tuple[str, tuple[str, ...], bytes]:
    if isinstance(task, HostileTask):
        return task.name, (), HOSTILE[task.name]()
    mutant = mutate(victims, task.seed, task.number)
    return f"mutant {mutant.number} of {mutant.name}", mutant.recipe, mutant.data


def _read(path: Path) -> list[Finding]:
    with open_media(path) as (media, source):
        return read_findings(media, source)


def _explain(path: Path) -> list[str]:
    """The tracebacks of the readers that fail, since their problems name only the exception."""
    told = []
    with open_media(path) as (media, source):
        for reader in all_readers():
            if media.kind in reader.kinds:
                try:
                    list(reader.read(media, source))
                except (MalformedError, MissingToolError):
                    continue
                except Exception:
                    told.append(traceback.format_exc(limit=-6))
    return told


def _limit_growth() -> None:
    if sys.platform == "linux":
        import resource

        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MAX_CHILD_BYTES,) * 2)


def _resident_bytes() -> int:
    return _status_bytes("VmRSS") if sys.platform == "linux" else _peak_bytes()


def _forget_peak() -> None:
    # "5" resets the peak of the resident size (proc_pid_clear_refs(5)); elsewhere the peak stays that of all files so far.
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    """The most memory that this process had; on Linux by its own count, for `ru_maxrss` begins with its parent's."""
    if sys.platform == "linux":
        return _status_bytes("VmHWM")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


if __name__ == "__main__":
    main()
