"""The real worker, but for files whose names say that they crash, hang or starve a decoder: then it does so."""

import ctypes
import os
import time
from types import SimpleNamespace

import geoverify.verify
from geoverify import worker

real = geoverify.verify.verify_file


def poisoned(path, kit, examined_at):
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
    return real(path, kit, examined_at)


def poisoned_digest(path, problem, kit, examined_at):
    if "POISON_DIGESTS" in os.environ:
        os.abort()
    return real_digest(path, problem, kit, examined_at)


def poisoned_encode(answer):
    data = real_encode(answer)
    lie = os.environ.get("POISON_ANSWERS")
    if lie is None or b"-lies" not in data:
        return data
    return {"not json": b"\xff{", "another file": data.replace(b"b-lies", b"a"), "two lines": data + b"\n" + data}[lie]


real_digest, real_encode = geoverify.verify.report_unread, worker.msgspec.json.encode
geoverify.verify.verify_file = poisoned
geoverify.verify.report_unread = poisoned_digest
worker.msgspec = SimpleNamespace(json=SimpleNamespace(encode=poisoned_encode, decode=worker.msgspec.json.decode))

if __name__ == "__main__":
    worker.main()
