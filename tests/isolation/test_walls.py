"""What the kernel refuses a child, each shown by a child that tries it, and what honest work needs all the same."""

import ctypes
import os
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from builders.workers import LIMITS, TESTS
from builders.workers import obedient as spec

from geoverify.isolation import landlock, seccomp
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.probe import Trial, examine_walls
from geoverify.isolation.process import GuardedProcess
from geoverify.isolation.wire import Lost, WallState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")
REFUSED, DENIED = b"Operation not permitted", b"Permission denied"


@pytest.fixture(autouse=True)
def _find_the_worker(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def ask(*tasks, **options):
    with WorkerPool(spec(**options), 1) as pool:
        return list(pool.map(tasks))


def path_task(verb, path):
    return verb + b" " + os.fsencode(path)


def has_landlock():
    return landlock.supported_abi() >= 1


def has_seccomp():
    return platform.machine() in seccomp.ARCHITECTURES and "Seccomp:" in Path("/proc/self/status").read_text()


needs_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(not has_seccomp(), reason="this kernel has no seccomp, or the machine no table of calls")


@needs_landlock
def test_a_child_reads_what_it_is_allowed_and_nothing_else(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "file").write_bytes(b"content")
    (inside / "link").symlink_to(outside / "file")
    read, listed, *refused = ask(
        path_task(b"read", inside / "file"),
        path_task(b"list", inside),
        path_task(b"read", outside / "file"),
        path_task(b"list", outside),
        path_task(b"read", inside / "link"),
        path_task(b"read", inside / ".." / "outside" / "file"),
        path_task(b"read", Path("/proc/self/root") / outside.relative_to("/") / "file"),
        b"read /etc/passwd",
        readable=[inside],
    )
    assert (read, listed) == (b"content", b"file,link")
    assert refused == [DENIED] * 6


@needs_landlock
def test_a_single_file_can_be_allowed(tmp_path):
    for name in ("allowed", "beside"):
        (tmp_path / name).write_bytes(b"content")
    tasks = [path_task(b"read", tmp_path / name) for name in ("allowed", "beside")]
    assert ask(*tasks, readable=[tmp_path / "allowed"]) == [b"content", DENIED]


@needs_landlock
def test_a_child_writes_nowhere(tmp_path):
    (tmp_path / "old").write_bytes(b"content")
    tasks = [path_task(b"write", path) for path in (tmp_path / "new", tmp_path / "old", "/tmp/geoverify-wall", "/dev/full")]
    assert ask(*tasks, path_task(b"write", os.devnull), readable=[tmp_path]) == [DENIED] * 4 + [b"1"]
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"content"


@needs_landlock
def test_a_missing_folder_is_no_fault(tmp_path):
    assert ask(b"echo a", readable=[tmp_path / "nowhere"]) == [b"a"]


def test_folders_whose_names_are_no_text_can_be_allowed(tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff\xfe")
    folder.mkdir()
    (folder / "file").write_bytes(b"content")
    assert ask(path_task(b"read", folder / "file"), readable=[folder]) == [b"content"]


@needs_seccomp
def test_network_programs_and_processes_are_refused_and_threads_are_not():
    connected, ran, forked, signalled, threaded = ask(b"connect", b"run", b"fork", b"kill-parent", b"thread")
    assert [connected, ran, forked, signalled] == [REFUSED] * 4
    assert threaded == b"ran"


@needs_seccomp
def test_every_refused_call_is_refused():
    numbers = seccomp.refused_calls(seccomp.ARCHITECTURES[platform.machine()])
    assert {"socket", "connect", "execve", "ptrace", "io_uring_setup", "fchmodat", "utimensat"} <= numbers.keys()
    # Arguments that no call accepts: unrefused, each fails with another error, or does nothing.
    answers = ask(*[b"call %d -1 -1 -1 -1 -1 -1" % number for number in numbers.values()])
    assert {name: answer for name, answer in zip(numbers, answers, strict=True) if answer != REFUSED} == {}


@needs_seccomp
def test_owners_modes_and_times_of_footage_cannot_be_changed(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    before = (tmp_path / "file").stat()
    code = f"import os; os.chmod({str(tmp_path / 'file')!r}, 0)"
    assert _run_behind_seccomp(code) == "PermissionError"
    assert _run_behind_seccomp(code.replace("chmod", "utime").replace(", 0)", ")")) == "PermissionError"
    assert (tmp_path / "file").stat().st_mode == before.st_mode
    assert (tmp_path / "file").stat().st_mtime_ns == before.st_mtime_ns


def _run_behind_seccomp(code):
    program = (
        "from geoverify.isolation.seccomp import forbid_calls\n"
        "print(forbid_calls().state, end=' ')\n"
        f"try:\n    {code}\nexcept OSError as error:\n    print(type(error).__name__, end='')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    state, _, name = done.stdout.partition(" ")
    assert state == "active"
    return name


@needs_seccomp
def test_the_calls_of_other_tables_end_the_process():
    if platform.machine() != "x86_64":
        pytest.skip("only x86-64 has a second table")
    # getpid in the x32 table.
    (lost,) = ask(b"call %d" % (0x40000000 + 39))
    assert isinstance(lost, Lost)
    assert "SIGSYS" in lost.detail


def test_the_filter_is_sound_code_for_both_machines():
    for architecture in seccomp.ARCHITECTURES.values():
        code = list(struct.iter_unpack("=HBBI", seccomp.build_filter(architecture, 1234)))
        assert len(code) < 4096
        for place, (operation, if_true, if_false, _) in enumerate(code):
            if operation & 0x07 == 0x05:
                assert max(if_true, if_false) + place + 1 < len(code)
        assert code[-1] == (0x06, 0, 0, 0x7FFF0000)


def evaluate(code, architecture, number, argument=0):
    """Run classic BPF as the kernel does, for the instructions that occur."""
    fields = {0: number, 4: architecture, 16: argument}
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x20:
            accumulator = fields[value]
        elif operation == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[operation]
            at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "table"), [("x86_64", "*/asm/unistd_64.h"), ("aarch64", "asm-generic/unistd.h")], ids=["x86_64", "aarch64"]
)
def test_the_numbers_are_those_of_the_kernel(machine, table):
    headers = sorted(Path("/usr/include").glob(table))
    if not headers:
        pytest.skip(f"needs the kernel's header {table} (linux-libc-dev)")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", headers[0].read_text()))
    refused = seccomp.refused_calls(seccomp.ARCHITECTURES[machine])
    known = {name: int(found[name]) for name in refused if name in found}
    # Headers may be older than a call.
    assert len(known) > 60
    assert {name: refused[name] for name in known} == known


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_what_the_filter_says_of_each_call(machine):
    architecture = seccomp.ARCHITECTURES[machine]
    code = list(struct.iter_unpack("=HBBI", seccomp.build_filter(architecture, 1234)))
    first = machine == "x86_64"
    refuse, allow, kill = 0x50001, 0x7FFF0000, 0x80000000
    for number in seccomp.refused_calls(architecture).values():
        assert evaluate(code, architecture, number) == refuse
    clone, clone3, tgkill, prlimit, read = (56, 435, 234, 302, 0) if first else (220, 435, 131, 261, 63)
    thread = 0x3D0F00
    assert evaluate(code, architecture, clone, thread) == allow
    assert evaluate(code, architecture, clone, 0x1200011) == refuse
    assert evaluate(code, architecture, clone3) == 0x50000 | 38
    assert evaluate(code, architecture, tgkill, 1234) == allow
    assert evaluate(code, architecture, tgkill, 1) == refuse
    assert evaluate(code, architecture, prlimit, 0) == allow
    assert evaluate(code, architecture, prlimit, 1) == refuse
    assert evaluate(code, architecture, read) == allow
    assert evaluate(code, 0x40000003, 11) == kill


def test_the_limits_are_the_systems():
    (found,) = ask(b"limits")
    assert found == repr([1 << 30, 1 << 20, 64, 0]).encode()


def test_a_file_in_memory_is_bounded_too():
    small, large = ask(b"write-memory 1000", b"write-memory 2000000")
    assert small == b"written"
    assert b"too large" in large.lower() if isinstance(large, bytes) else "SIGXFSZ" in large.detail


def test_the_child_tells_its_walls():
    with WorkerPool(spec(), 1) as pool:
        assert pool.walls() == ()
        pool.submit(b"echo a").result()
        walls = {wall.name: wall for wall in pool.walls()}
    assert {"memory limit", "CPU limit", "file size limit", "open files limit", landlock.NAME, seccomp.NAME} <= walls.keys()
    assert (walls[landlock.NAME].state is WallState.ACTIVE) == has_landlock()
    assert (walls[seccomp.NAME].state is WallState.ACTIVE) == has_seccomp()
    assert all(wall.detail for wall in walls.values())


def test_a_child_that_cannot_start_behind_the_file_wall_starts_without_it_and_says_so(monkeypatch, tmp_path):
    (tmp_path / "settings").write_text("x")
    # A library of the child that wants a file from where the wall does not expect it.
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    greeting = b"needs " + os.fsencode(tmp_path / "settings")
    with WorkerPool(spec(greeting), 1) as pool:
        assert pool.submit(b"echo a").result() == b"a"
        wall = next(wall for wall in pool.walls() if wall.name == landlock.NAME)
    assert wall.state is WallState.OFF
    assert "does not start behind it" in wall.detail or not has_landlock()


@pytest.mark.parametrize("error", [38, 95])
def test_a_kernel_without_landlock_is_named(monkeypatch, error):
    def refuse(*args):
        ctypes.set_errno(error)
        return -1

    monkeypatch.setattr(landlock, "_call", refuse)
    wall = landlock.restrict_files([])
    assert wall.state is WallState.OFF
    assert os.strerror(error) in wall.detail


def test_a_machine_without_a_table_of_calls_is_named(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    wall = seccomp.forbid_calls()
    assert wall.state is WallState.OFF
    assert "riscv64" in wall.detail


class TestProbe:
    """The doctor's own trial: a wall counts only where it held."""

    def test_the_walls_of_this_machine_hold(self):
        walls = {wall.name: wall for wall in examine_walls(LIMITS)}
        assert (walls[landlock.NAME].state is WallState.ACTIVE) == has_landlock()
        assert (walls[seccomp.NAME].state is WallState.ACTIVE) == has_seccomp()
        assert walls["memory limit"].state is WallState.ACTIVE
        assert walls["open files limit"].state is WallState.ACTIVE

    def test_without_walls_every_trial_succeeds(self, tmp_path):
        (tmp_path / "inside").mkdir()
        (tmp_path / "outside").write_bytes(b"secret")
        # A process of its own: the trial of memory and of a new process is nothing for this one.
        code = (
            "import sys, msgspec; from pathlib import Path; from geoverify.isolation.probe import try_walls;"
            "from geoverify.isolation.wire import Limits;"
            "limits = Limits(memory_bytes=1 << 26, task_time_s=1.0, written_file_bytes=1, open_files=64);"
            "sys.stdout.buffer.write(msgspec.json.encode(list(try_walls(Path(sys.argv[1]), limits))))"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True)
        trials = msgspec.json.decode(done.stdout, type=list[Trial])
        assert {trial.wall for trial in trials} == {"memory limit", "open files limit", landlock.NAME, seccomp.NAME}
        assert [trial.tried for trial in trials if trial.refused] == []

    def test_a_wall_that_says_active_and_does_not_hold_is_told_as_off(self, monkeypatch):
        monkeypatch.setattr(GuardedProcess, "_greet", _greet_without_files(GuardedProcess._greet))
        walls = {wall.name: wall for wall in examine_walls(LIMITS)}
        assert walls[landlock.NAME].state is WallState.OFF
        assert "reading outside: it was allowed" in walls[landlock.NAME].detail


def _greet_without_files(real):
    def greet(self, *, guard_files):
        started = real(self, guard_files=False)
        walls = tuple(
            msgspec.structs.replace(wall, state=WallState.ACTIVE) if wall.name == landlock.NAME else wall
            for wall in started.walls
        )
        return msgspec.structs.replace(started, walls=walls)

    return greet
