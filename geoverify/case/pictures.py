"""Where the evidence pictures of a case are: each run says in the log which folder it wrote them to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from geoverify.case.custody import Kind
from geoverify.case.store import Case


def list_picture_folders(case: Case) -> tuple[Path, ...]:
    """The folders that runs of a case wrote evidence pictures to, the newest first."""
    query = "SELECT body FROM custody WHERE kind = ? AND instr(body, ?) ORDER BY number DESC"
    bodies = (json.loads(body) for (body,) in case.connection.execute(query, (Kind.RUN.value, '"pictures_hex"')))
    return tuple(dict.fromkeys(Path(os.fsdecode(bytes.fromhex(body["pictures_hex"]))) for body in bodies))


def find_picture(folders: tuple[Path, ...], name: str) -> Path | None:
    """The file of an evidence picture that is still what was written: it is called by the digest of its bytes."""
    for folder in folders:
        path = folder / name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == path.stem:
            return path
    return None


def find_missing(pictured: Mapping[str, Sequence[str]], folder: Path | None) -> set[str]:
    """The digests of footage whose pictures are not all where they are wanted."""
    if folder is None:
        return set()
    try:
        there = {path.name for path in folder.iterdir()}
    except OSError:
        there = set()
    return {digest for digest, names in pictured.items() if not there.issuperset(names)}
