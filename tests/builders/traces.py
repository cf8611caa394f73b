"""What guarded workers asked the kernel for, by strace: every call that was granted and should not have been."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from geoverify.isolation.landlock import library_paths

_TRACED = "openat,open,openat2,creat,connect,socket,bind,execve,execveat,fork,vfork,landlock_restrict_self"
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*?)>)?(?: .*)?$")
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


def trace(command: Sequence[str], log: Path) -> int:
    """Run a command and its children under strace; its exit code."""
    traced = ["strace", "-f", "--seccomp-bpf", "-y", "-qq", "-s", "4096", "-e", f"trace={_TRACED}", "-o", str(log), *command]
    return subprocess.run(traced, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def examine(log: Path, readable: Sequence[Path]) -> tuple[Counter[str], list[str]]:
    """Count the calls of workers behind their walls, and list those that were granted and go beyond them.

    Granted may be opening for reading what is `readable`, a library or the worker's own entry in /proc, and for writing
    /dev/null and files in memory.
    """
    places = [*map(str, readable), *(str(Path(path).resolve()) for path in library_paths() if path != "/proc/self"), sys.prefix]
    counts: Counter[str] = Counter()
    breaches = []
    for pid, call, arguments, result, opened in _read_calls(log):
        counts[f"{call} {'refused' if result < 0 else 'granted'}"] += 1
        if result < 0:
            continue
        if call in ("openat", "open", "openat2"):
            always = ("/dev/null", "/memfd:geoverify")
            allowed = places if _WRITES.search(arguments) is None else []
            if opened.startswith(always) or any(_is_beneath(opened, place) for place in [*allowed, f"/proc/{pid}"]):
                continue
        breaches.append(f"{call}({arguments}) = {result} {opened}")
    return counts, breaches


def _is_beneath(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place.rstrip('/')}/")


def _read_calls(log: Path) -> Iterator[tuple[str, str, str, int, str]]:
    """Process, name, arguments, result and the real path of the opened file of each call behind the walls."""
    walled: set[str] = set()
    begun: dict[str, str] = {}
    for line in log.read_text("utf-8", "backslashreplace").splitlines():
        pid, _, rest = line.partition(" ")
        if rest.endswith("<unfinished ...>"):
            begun[pid] = line.removesuffix("<unfinished ...>")
            continue
        match = _LINE.match(begun.pop(pid, f"{pid} ") + rest.partition("resumed>")[2] if "resumed>" in rest else line)
        if match is None:
            continue
        if match[2] == "landlock_restrict_self":
            walled |= {pid} if match[4] == "0" else set()
        elif pid in walled:
            yield pid, match[2], match[3], int(match[4]), match[5] or ""
