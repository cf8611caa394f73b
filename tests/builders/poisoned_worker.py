"""The real worker, but for files whose names say that they crash, hang or starve a decoder: then it does so."""

import ctypes
import os
import time

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


geoverify.verify.verify_file = poisoned

if __name__ == "__main__":
    worker.main()
