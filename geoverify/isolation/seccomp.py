"""seccomp-bpf: the Linux kernel refuses a process, for ever, the system calls that decoding footage never needs.

A list of what is refused, not of what is allowed: C libraries change what they call with every release, and what harms
(network, programs, other processes, the owner and the times of files) does not. Source: seccomp(2), <linux/filter.h>,
<linux/audit.h> and the kernel's system call tables.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from geoverify.isolation.wire import Wall, WallState

NAME = "system call wall (seccomp)"
_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7
ARCHITECTURES = {"x86_64": _X86_64, "aarch64": _AARCH64}
# System calls with their numbers on x86-64 and on AArch64; a dash where there is none.
_REFUSED = {
    "network": (
        "socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242, "
        "sendto 44 206, sendmsg 46 211, sendmmsg 307 269"
    ),
    "programs": "execve 59 221, execveat 322 281, fork 57 -, vfork 58 -",
    "other processes": (
        "ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272, kill 62 129, tkill 200 130, "
        "rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424, pidfd_open 434 434, "
        "pidfd_getfd 438 438, process_madvise 440 440, migrate_pages 256 238, move_pages 279 239, shmget 29 194, "
        "semget 64 190, msgget 68 186, mq_open 240 180"
    ),
    "ways around": (
        "io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, open_by_handle_at 304 265, "
        "name_to_handle_at 303 264, bpf 321 280, userfaultfd 323 282, perf_event_open 298 241, add_key 248 217, "
        "request_key 249 218, keyctl 250 219, unshare 272 97, setns 308 268, chroot 161 51, pivot_root 155 41, "
        "mount 165 40, umount2 166 39, move_mount 429 429, open_tree 428 428, open_tree_attr 467 467, "
        "fsopen 430 430, fsmount 432 432, "
        "mount_setattr 442 442, personality 135 92, modify_ldt 154 -, ioperm 173 -, iopl 172 -, init_module 175 105, "
        "finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294, reboot 169 142, "
        "swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, syslog 103 116, setuid 105 146, setgid 106 144, "
        "setreuid 113 145, setregid 114 143, setresuid 117 147, setresgid 119 149, setgroups 116 159, capset 126 91, "
        "settimeofday 164 170, clock_settime 227 112, adjtimex 159 171, sethostname 170 161, setdomainname 171 162"
    ),
    # Landlock keeps contents and names; it has no say over owners, modes, times and attributes.
    "changed files": (
        "chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -, "
        "fchownat 260 54, utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, "
        "fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, setxattrat 463 463, "
        "removexattrat 466 466, file_setattr 469 469, "
        "truncate 76 45, creat 85 -, rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, "
        "linkat 265 37, symlink 88 -, symlinkat 266 36, unlink 87 -, unlinkat 263 35, mkdir 83 -, mkdirat 258 34, "
        "rmdir 84 -, mknod 133 -, mknodat 259 33"
    ),
}
_CLONE, _CLONE3, _TGKILL, _PRLIMIT, _SECCOMP = (56, 220), (435, 435), (234, 131), (302, 261), (317, 277)
_CLONE_THREAD = 0x10000
# Instructions of classic BPF, and where they find the call in `struct seccomp_data`.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _NOT_THERE = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
# x86-64 has a second table of calls, with this bit set.
_X32_BIT = 0x40000000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS of <linux/prctl.h>


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid_calls() -> Wall:
    """Refuse this process and all its threads the calls named above; where the kernel cannot, the wall says why."""
    machine = platform.machine()
    if sys.platform != "linux":
        return Wall(name=NAME, state=WallState.OFF, detail=f"{sys.platform} has no seccomp; run on Linux to have it")
    if machine not in ARCHITECTURES or sys.maxsize < 1 << 32:
        return Wall(name=NAME, state=WallState.OFF, detail=f"no table of system calls for {machine}; x86-64 and AArch64 have one")
    code = build_filter(ARCHITECTURES[machine], os.getpid())
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    number = _SECCOMP[_table(ARCHITECTURES[machine])]
    if libc.syscall(ctypes.c_long(number), _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program)) != 0:
        reason = os.strerror(ctypes.get_errno())
        return Wall(name=NAME, state=WallState.OFF, detail=f"the kernel refuses the filter ({reason})")
    return Wall(name=NAME, state=WallState.ACTIVE, detail=f"refuses {', '.join(_REFUSED)}; threads may be started")


def build_filter(architecture: int, pid: int) -> bytes:
    """The filter as an array of `struct sock_filter`, for one architecture and the process that will have it."""
    table = _table(architecture)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 1, 0, architecture),
        # The 32-bit calls of the same machine have other numbers.
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if architecture == _X86_64:
        code += [(_IF_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    for number in refused_calls(architecture).values():
        code += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    # Its flags lie in memory, where a filter cannot look; C libraries fall back to the older call.
    code += [(_IF_EQUAL, 0, 1, _CLONE3[table]), (_RETURN, 0, 0, _NOT_THERE)]
    code += _only_if(_CLONE[table], _IF_ANY_BIT, _CLONE_THREAD)
    # `abort` signals its own process.
    code += _only_if(_TGKILL[table], _IF_EQUAL, pid)
    # 0 is the process itself.
    code += _only_if(_PRLIMIT[table], _IF_EQUAL, 0)
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def refused_calls(architecture: int) -> dict[str, int]:
    """The calls that are refused whatever their arguments, with their numbers on an architecture."""
    entries = (entry.split() for group in _REFUSED.values() for entry in group.split(", "))
    return {name: int(numbers[_table(architecture)]) for name, *numbers in entries if numbers[_table(architecture)] != "-"}


def _only_if(number: int, test: int, value: int) -> list[tuple[int, int, int, int]]:
    """Allow a call only where its first argument (its lower half) passes a test."""
    return [
        (_IF_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENT_AT),
        (test, 1, 0, value),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _table(architecture: int) -> int:
    return 0 if architecture == _X86_64 else 1
