"""The real worker, but for files whose names say that they crash, hang or starve a decoder: then it does so."""

import ctypes
import os
import time

import geoverify.verify
from geoverify import worker

real_read, real_prepare = geoverify.verify.read_file, worker._prepare


def poisoned(path, kit, known=None, failure=None):
    if failure is not None:
        if "POISON_DIGESTS" in os.environ:
            os.abort()
        return real_read(path, kit, known, failure)
    name = os.fsencode(path.name)
    if b"crash" in name:
        ctypes.string_at(0)
    if b"hang" in name:
        time.sleep(3600)
    if b"spin" in name:
        while True:
            pass
    if b"eats" in name:
        eaten = []
        while True:
            eaten.append(bytearray(64 << 20))
    return real_read(path, kit, known)


def lying_prepare(greeting):
    handle = real_prepare(greeting)
    return lambda line: lie(handle(line))


def lie(data):
    kind = os.environ.get("POISON_ANSWERS")
    if kind is None or b"-lies" not in data:
        return data
    return {"not json": b"\xff{", "another file": data.replace(b"b-lies", b"a"), "two lines": data + b"\n" + data}[kind]


geoverify.verify.read_file = poisoned
worker._prepare = lying_prepare

if __name__ == "__main__":
    worker.main()
