"""The one process that may write to a case: how it is named, and whether it is still there."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def name_process(pid: int) -> str:
    """A process by the machine's boot, its number and its start, since numbers are used again."""
    boot, start = "?", "?"
    if sys.platform == "linux":
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        try:
            start = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
        except OSError:
            start = "gone"
    return f"{boot}/{pid}/{start}"


def is_alive(process: str, expires_at: float) -> bool:
    """Whether the process that writes to a case still does: by its start on this machine, by its lease on another."""
    boot, pid, _ = process.split("/")
    if sys.platform == "linux" and boot == name_process(os.getpid()).split("/")[0]:
        return name_process(int(pid)) == process
    return time.time() < expires_at
