"""Temporary folders that outlive no run: deleted in the end, or else by a later run of the same user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_NAME = "lock"


@contextmanager
def hold_folder(prefix: str, above: Path | None = None) -> Iterator[Path]:
    """A folder of its own in `above`, or where the system keeps temporary files; folders of the prefix that killed runs have left
    there are deleted first."""
    above = Path(tempfile.gettempdir()) if above is None else above
    _delete_abandoned(above, prefix)
    # Under the name by which abandoned ones are known only once it is locked.
    new = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=above)).resolve()
    lock = _lock(new)
    root = new.rename(new.with_name(new.name[1:]))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _delete_abandoned(above: Path, prefix: str) -> None:
    """Nobody holds the lock of a run that was killed."""
    get_user = getattr(os, "getuid", None)
    if get_user is None:
        return
    for root in above.glob(f"{prefix}*"):
        with suppress(OSError):
            if root.is_symlink() or root.stat().st_uid != get_user():
                continue
            lock = _lock(root)
            if lock is None:
                continue
            shutil.rmtree(root, ignore_errors=True)
            os.close(lock)


def _lock(root: Path) -> int | None:
    """Lock a folder for this process, `None` where another one holds it or the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    lock = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
