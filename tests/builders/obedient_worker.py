"""A child of the pool for tests: it does what a task says, however harmful, and answers what came of it."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

from geoverify.errors import UsageError
from geoverify.isolation.child import serve


def prepare(greeting):
    if greeting == b"refuse":
        raise UsageError("the greeting is refused")
    if greeting == b"crash":
        os.abort()
    if greeting.startswith(b"needs "):
        Path(os.fsdecode(greeting[6:])).read_bytes()
    return lambda task: obey(greeting, *task.split(b" ", 1))


def obey(greeting, verb, what=b""):
    try:
        return VERBS[verb](what) if verb != b"greeting" else greeting
    except OSError as error:
        return error.strerror.encode()


def segfault(_):
    ctypes.string_at(0)


def eat(_):
    eaten = []
    while True:
        eaten.append(bytearray(64 << 20))


def spin(seconds):
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass
    return b"spun"


def sleep(seconds):
    time.sleep(float(seconds))
    return b"slept"


def deadlock(_):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
    return b"never"


def garbage(_):
    return b"\xff" * 100


def talk(_):
    sys.stdout.write("noise on stdout\n")
    os.write(1, b"more noise\n")
    os.write(2, b"noise on stderr\n")
    return b"talked"


def thread(_):
    found = []
    runner = threading.Thread(target=lambda: found.append(b"ran"))
    runner.start()
    runner.join()
    return found[0]


def fork(_):
    if os.fork() == 0:
        os._exit(0)
    return b"forked"


def run(_):
    os.execv("/bin/true", ["true"])


def connect(_):
    import socket

    socket.create_connection(("127.0.0.1", 9), timeout=5)


def system_call(text):
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = [ctypes.c_long(int(item)) for item in text.split()]
    if libc.syscall(*numbers) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return b"done"


def write_memory(size):
    with os.fdopen(os.memfd_create("test"), "wb") as file:
        file.write(bytes(int(size)))
    return b"written"


def kill_parent(_):
    os.kill(os.getppid(), signal.SIGTERM)
    return b"signalled"


def limits(_):
    import resource

    kinds = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
    return repr([resource.getrlimit(kind)[1] for kind in kinds]).encode()


VERBS = {
    b"echo": lambda what: what,
    b"segfault": segfault,
    b"abort": lambda _: os.abort(),
    b"exit": lambda _: os._exit(3),
    b"killed": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    b"eat": eat,
    b"spin": spin,
    b"sleep": sleep,
    b"deadlock": deadlock,
    b"garbage": garbage,
    b"talk": talk,
    b"thread": thread,
    b"fork": fork,
    b"run": run,
    b"connect": connect,
    b"call": system_call,
    b"read": lambda path: Path(os.fsdecode(path)).read_bytes(),
    b"list": lambda path: b",".join(os.fsencode(entry.name) for entry in sorted(Path(os.fsdecode(path)).iterdir())),
    b"write": lambda path: b"%d" % Path(os.fsdecode(path)).write_bytes(b"x"),
    b"write-memory": write_memory,
    b"kill-parent": kill_parent,
    b"limits": limits,
    b"pid": lambda _: b"%d" % os.getpid(),
    b"python": lambda _: sys.executable.encode(),
}

if __name__ == "__main__":
    serve(prepare)
