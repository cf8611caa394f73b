"""Landlock: the Linux kernel refuses a process, for ever, every file that is not beneath the allowed paths.

Source: Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h of the kernel (ABI 1 to 7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from geoverify.isolation.wire import Wall, WallState

NAME = "file wall (Landlock)"
# The same numbers on x86-64 and AArch64.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
# Rights to files that each version of the interface knows: all up to making links, then refer, truncate, device control.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_NEWER_FILE_RIGHTS = (1 << 16) - 1
# From ABI 4: binding and connecting TCP; from ABI 6: abstract Unix sockets and signals to processes outside.
_TCP_RIGHTS, _SCOPES = 0b11, 0b11
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS of <linux/prctl.h>
# What libraries look at beside their own files: the dynamic linker's cache, time zones, the number of processors.
_SYSTEM_PATHS = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/usr/share/proj"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom"),
)
# Folders of data files that these variables name.
_DATA_VARIABLES = ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "PYTHONTZPATH", "LD_LIBRARY_PATH")


def restrict_files(readable: Iterable[bytes]) -> Wall:
    """Leave this process only reading, and only beneath `readable` and where its libraries lie; /dev/null can be written.

    A path of `readable` that has a link anywhere in it is left out: it was resolved when it was named, so that somebody has put
    the link there since. Where the kernel has no Landlock nothing changes and the wall says why. Threads that run already are
    not restricted, so this comes before any library that starts some.
    """
    abi = supported_abi()
    if abi < 1:
        return Wall(name=NAME, state=WallState.OFF, detail=_explain_absence())
    rights = _FILE_RIGHTS.get(abi, _NEWER_FILE_RIGHTS)
    attributes = struct.pack("=QQQ", rights, _TCP_RIGHTS, _SCOPES)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return Wall(name=NAME, state=WallState.OFF, detail=f"the kernel refuses a ruleset ({os.strerror(ctypes.get_errno())})")
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR, follow=False)
        for library in library_paths():
            _allow(ruleset, os.fsencode(library), _READ_FILE | _READ_DIR)
        _allow(ruleset, os.fsencode(os.devnull), _READ_FILE | _WRITE_FILE)
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if _call(_RESTRICT_SELF, ruleset, 0) < 0:
            reason = os.strerror(ctypes.get_errno())
            return Wall(name=NAME, state=WallState.OFF, detail=f"the kernel refuses to restrict the process ({reason})")
    finally:
        os.close(ruleset)
    return Wall(name=NAME, state=WallState.ACTIVE, detail=f"reads only its files and libraries, writes nothing (ABI {abi})")


def supported_abi() -> int:
    """The version of Landlock that the running kernel has; 0 or less where it has none or has it switched off."""
    if sys.platform != "linux":
        return 0
    return _call(_CREATE_RULESET, None, 0, _VERSION_FLAG)


def library_paths() -> list[str]:
    """Where Python, its packages, the libraries loaded so far and their data lie."""
    paths = [*sys.path, *sysconfig.get_paths().values(), *_SYSTEM_PATHS]
    for variable in _DATA_VARIABLES:
        paths += os.environ.get(variable, "").split(os.pathsep)
    # A Python outside the usual folders has its C libraries in unusual ones, too.
    mapped = (line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text().splitlines())
    paths += {str(Path(fields[5]).parent) for fields in mapped if len(fields) == 6 and ".so" in fields[5]}
    return [path for path in dict.fromkeys(paths) if Path(path).is_absolute() and path != "/"]


def _allow(ruleset: int, path: bytes, rights: int, *, follow: bool = True) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        if not follow and os.fsencode(Path(f"/proc/self/fd/{fd}").readlink()) != path:
            return
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= ~_READ_DIR
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def _call(number: int, *args: int | bytes | None) -> int:
    converted = [ctypes.c_long(item) if isinstance(item, int) else item for item in args]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *converted))


def _explain_absence() -> str:
    if sys.platform != "linux":
        return f"{sys.platform} has no Landlock; run on Linux 5.13 or newer to have it"
    return (
        f"the kernel has no Landlock ({os.strerror(ctypes.get_errno())}); it came with Linux 5.13 and can be switched off at boot"
    )
