"""What the pool promises of tasks: one outcome each, whatever a task does to its child."""

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec
import pytest
from builders.workers import LIMITS, TESTS
from builders.workers import obedient as spec

from geoverify.errors import MissingToolError, UsageError
from geoverify.isolation import process
from geoverify.isolation.pool import WorkerPool, run_tasks
from geoverify.isolation.process import PATIENCE, Death, GuardedProcess, PoolStoppedError, Watch, cpu_time_s
from geoverify.isolation.wire import Cause, Lost

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells and limits this")


@pytest.fixture(autouse=True)
def _find_the_worker(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def ask(*tasks, size=1, **options):
    with WorkerPool(spec(**options), size) as pool:
        return list(pool.map(tasks))


def test_answers_come_in_the_order_of_the_tasks():
    tasks = [b"echo %d" % number for number in range(50)]
    assert ask(*tasks, size=3) == [b"%d" % number for number in range(50)]


def test_a_child_serves_many_tasks_and_hears_the_greeting_once():
    first, second, greeting = ask(b"pid", b"pid", b"greeting")
    assert first == second
    assert greeting == b"hello"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_a_terminal_or_a_system_sends_to_all_ends_no_child_before_its_supervisor(name):
    with WorkerPool(spec(), 1) as pool:
        (pid,) = pool.map([b"pid"])
        os.kill(int(pid), getattr(signal, name, signal.SIGTERM))
        time.sleep(0.2)
        assert list(pool.map([b"pid"])) == [pid]


def test_what_libraries_print_does_not_disturb_the_answers():
    assert ask(b"talk", b"echo a") == [b"talked", b"a"]


@pytest.mark.parametrize(
    ("task", "cause", "word"),
    [
        (b"segfault", Cause.CRASHED, "SIGSEGV"),
        (b"abort", Cause.CRASHED, "SIGABRT"),
        (b"exit", Cause.CRASHED, "status 3"),
        (b"nonsense", Cause.CRASHED, "status 1"),
        pytest.param(b"eat", Cause.OUT_OF_MEMORY, "memory", marks=on_linux),
    ],
)
def test_a_task_that_ends_its_child_is_tried_again_and_then_given_up_alone(task, cause, word):
    before, lost, after = ask(b"echo a", task, b"echo b")
    assert (before, after) == (b"a", b"b")
    assert (lost.cause, lost.tries) == (cause, 2)
    assert word in lost.detail


def test_a_system_that_starts_no_process_is_told_and_no_child_goes_without_its_walls(monkeypatch):
    asked = []

    def refuse(*args, **_):
        asked.append(args)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(MissingToolError, match=r"starts no worker process \(Resource temporarily unavailable\)"):
        ask(b"echo a")
    assert len(asked) == 1


def test_the_number_of_tries_is_the_callers():
    (lost,) = ask(b"segfault", tries=4)
    assert lost.tries == 4


def test_no_neighbour_is_lost_among_many():
    tasks = [b"echo %d" % number for number in range(200)]
    for place, task in ((20, b"segfault"), (90, b"exit"), (150, b"abort")):
        tasks.insert(place, task)
    outcomes = ask(*tasks, size=2)
    assert [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Lost)] == [20, 90, 150]
    assert [outcome for outcome in outcomes if isinstance(outcome, bytes)] == [b"%d" % number for number in range(200)]


@pytest.mark.parametrize("task", [b"sleep 600", b"deadlock"])
def test_a_task_that_stands_still_is_stopped_twice(task):
    started = time.monotonic()
    lost, after = ask(task, b"echo a", task_time_s=1.0)
    # Each of the two tries has the limit once; far more would be a hang, far less no second try.
    assert 2.0 <= time.monotonic() - started < 30
    assert (lost.cause, lost.tries) == (Cause.STALLED, 2)
    assert after == b"a"


@on_linux
def test_a_task_that_computes_too_long_is_stopped_once(monkeypatch):
    # However busy the machine is: here the clock must not be the first to end it.
    monkeypatch.setattr(process, "PATIENCE", 100.0)
    lost, after = ask(b"spin 600", b"echo a", task_time_s=1.0)
    assert (lost.cause, lost.tries) == (Cause.CPU_TIME, 1)
    assert after == b"a"


@on_linux
def test_each_task_has_its_own_cpu_time():
    assert ask(*[b"spin 0.7"] * 4, task_time_s=1.5) == [b"spun"] * 4


def test_a_task_that_stood_still_has_the_machine_to_itself_the_second_time():
    with WorkerPool(spec(task_time_s=1.0), 2) as pool:
        stuck = pool.submit(b"sleep 600")
        others = []
        while not stuck.done():
            others.append((time.monotonic(), pool.submit(b"echo a")))
            others[-1][1].result()
            time.sleep(0.02)
        ended = time.monotonic()
    assert isinstance(stuck.result(), Lost)
    # Nobody else got an answer while the second try ran: the last one waited for all of it.
    assert max(ended - started for started, _ in others) > 0.9


def test_an_idle_child_that_was_killed_costs_no_task():
    with WorkerPool(spec(), 1) as pool:
        pid = int(pool.submit(b"pid").result())
        os.kill(pid, signal.SIGKILL)
        assert pool.submit(b"echo a").result() == b"a"


def test_a_refused_greeting_is_the_callers_error():
    with WorkerPool(spec(b"refuse"), 2) as pool:
        for _ in range(2):
            with pytest.raises(UsageError, match="the greeting is refused"):
                pool.submit(b"echo a").result()


def test_a_child_that_does_not_start_is_a_missing_tool():
    with WorkerPool(spec(b"crash"), 1) as pool, pytest.raises(MissingToolError, match="doctor"):
        pool.submit(b"echo a").result()


def test_stop_ends_what_is_running_and_drops_what_waits():
    pool = WorkerPool(spec(), 1)
    pool.submit(b"echo a").result()
    running, waiting = pool.submit(b"sleep 600"), pool.submit(b"echo b")
    time.sleep(0.2)
    started = time.monotonic()
    pool.stop()
    assert time.monotonic() - started < 2
    with pytest.raises(PoolStoppedError):
        running.result()
    with pytest.raises(CancelledError):
        waiting.result()
    with pytest.raises(RuntimeError):
        pool.submit(b"echo c")


def test_an_exception_inside_the_block_stops_the_pool():
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), WorkerPool(spec(), 1) as pool:
        pool.submit(b"sleep 600")
        time.sleep(0.5)
        raise KeyboardInterrupt
    assert time.monotonic() - started < 10


def test_shutdown_is_that_of_an_executor():
    pool = WorkerPool(spec(), 1)
    done, waiting = pool.submit(b"sleep 0.3"), pool.submit(b"echo a")
    pool.shutdown(wait=True)
    assert (done.result(), waiting.result()) == (b"slept", b"a")
    pool = WorkerPool(spec(), 1)
    done, waiting = pool.submit(b"sleep 1"), pool.submit(b"echo a")
    time.sleep(0.5)
    pool.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    assert done.result() == b"slept"


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_the_guarded_call_runs_under_any_executor(executor):
    tasks = [b"echo a", b"segfault", b"echo b"]
    made = ThreadPoolExecutor(1) if executor == "threads" else ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with made as pool:
        outcomes = pool.submit(run_tasks, spec(), tasks).result()
    assert (outcomes[0], outcomes[2]) == (b"a", b"b")
    assert outcomes[1].cause is Cause.CRASHED
    assert pickle.loads(pickle.dumps(spec())) == spec()


@on_linux
def test_a_stuck_child_does_not_outlive_a_killed_supervisor():
    code = """
from builders.workers import obedient
from geoverify.isolation.pool import WorkerPool
pool = WorkerPool(obedient(), 1)
print(pool.submit(b"pid").result().decode(), flush=True)
pool.submit(b"sleep 600").result()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as supervisor:
        pid = int(supervisor.stdout.readline())
        time.sleep(0.3)
        supervisor.kill()
    for _ in range(50):
        if cpu_time_s(pid) is None or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the child lives on")


def test_a_process_that_was_stopped_starts_no_child_again():
    process = GuardedProcess(spec())
    process.stop()
    with pytest.raises(PoolStoppedError):
        process.ask(b"echo a")


class TestWatch:
    """The rule by itself, with a clock of its own: limit 10 s."""

    def judge(self, *looks):
        watch = Watch(msgspec.structs.replace(LIMITS, task_time_s=10.0), 0.0, 0.0)
        verdicts = [watch.judge(*look) for look in looks]
        assert verdicts[:-1] == [None] * (len(looks) - 1)
        return verdicts[-1]

    def test_within_the_limit_nothing_is_said(self):
        assert self.judge((9.9, 0.0)) is None

    def test_standing_still_ends_at_the_limit(self):
        assert self.judge((10.1, 0.1)).cause is Cause.STALLED

    def test_computing_on_a_busy_machine_goes_on(self):
        assert self.judge((10.1, 2.0), (20.3, 4.0), (30.5, 6.0)) is None

    def test_standing_still_later_is_seen_too(self):
        assert self.judge((10.1, 5.0), (20.3, 5.1)).cause is Cause.STALLED

    def test_there_is_an_end_however_busy_the_machine_is(self):
        looks = [(10.1 * number, 1.5 * number) for number in range(1, 5)]
        verdict = self.judge(*looks)
        assert verdict.cause is Cause.STALLED
        assert looks[-1][0] <= (PATIENCE + 1) * 10

    def test_cpu_time_beyond_the_limit_ends_it_where_the_system_did_not(self):
        assert self.judge((13.0, 12.5)).cause is Cause.CPU_TIME

    def test_without_figures_the_clock_alone_decides(self):
        watch = Watch(LIMITS, 0.0, None)
        assert watch.judge(29.0, None) is None
        assert isinstance(watch.judge(31.0, None), Death)


@on_linux
def test_cpu_time_is_that_of_the_process():
    assert cpu_time_s(os.getpid()) == pytest.approx(time.process_time(), abs=0.5)
    assert cpu_time_s(1 << 30) is None
