"""One order as a worker of the cluster carries it out: in a guarded child of that machine, as `match` does on this one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from geoverify.batch import answer_tasks
from geoverify.cluster.orders import Answer, Errand, Order, Reply, compare_cards, describe_program
from geoverify.cluster.parcels import Shelf, check_beside, unpack_job
from geoverify.errors import MissingToolError, UsageError
from geoverify.remote.stage import open_stage
from geoverify.text import escape_controls
from geoverify.worker import Job, is_read


def carry_out(encoded: bytes, folder: Path, worker: str) -> bytes:
    """Answer an encoded order with an encoded reply; `folder` is where this worker keeps its files, `worker` its address."""
    try:
        order = msgspec.json.decode(encoded, type=Order)
    except msgspec.MsgspecError as error:
        # Another version may well encode orders otherwise.
        return msgspec.msgpack.encode(Reply(worker=worker, refusal=f"it does not understand the order ({error})"))
    try:
        reply = _answer(order, folder, worker)
    except (UsageError, MissingToolError, ImportError) as error:
        reply = Reply(worker=worker, refusal=str(error))
    except Exception as error:
        # Whatever it is, the client has to know that it is this worker's.
        reply = Reply(worker=worker, failed=_tell(error))
    return msgspec.msgpack.encode(reply)


def _tell(error: Exception) -> str:
    """An error in words that cannot hold a secret: what libraries say can quote a URL with its credentials."""
    name = escape_controls(type(error).__name__)
    return f"{name}: {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else name


def _answer(order: Order, folder: Path, worker: str) -> Reply:
    faults = [*compare_cards(order.card, describe_program()), *check_beside(order.beside)]
    if faults:
        return Reply(worker=worker, refusal="; ".join(faults))
    with Shelf(folder).open(order.parcel) as place:
        if place is None:
            return Reply(worker=worker, lacks_parcel=True)
        return Reply(worker=worker, answers=_carry_out(order, place, folder))


def _carry_out(order: Order, place: Path, folder: Path) -> tuple[Answer, ...]:
    answers = [Answer(unseen=look_at(errand)) for errand in order.errands]
    seen = [number for number, answer in enumerate(answers) if not answer.unseen]
    if seen:
        done = _read([order.errands[number] for number in seen], unpack_job(order.job, place), folder)
        for number, answer in zip(seen, done, strict=True):
            answers[number] = answer
    return tuple(answers)


def _read(errands: list[Errand], job: Job, folder: Path) -> list[Answer]:
    paths = [path_of(errand) for errand in errands]
    remote = {path: errand.remote for path, errand in zip(paths, errands, strict=True) if errand.remote is not None}
    tasks = ((path, errand.task) for path, errand in zip(paths, errands, strict=True))
    with open_stage(remote, job.settings, fetchers=1, folder=folder) as stage:
        answered = dict(answer_tasks(tasks, paths, job, jobs=1, stage=stage))
    return [Answer(done=msgspec.json.encode(answered[path])) for path in paths]


def path_of(errand: Errand) -> Path:
    """The file of an errand."""
    return Path(os.fsdecode(bytes.fromhex(errand.task.path_hex)))


def look_at(errand: Errand) -> str:
    """What this machine sees in place of the file that the client sees, in words; empty where it is that file."""
    if errand.size_bytes is None or errand.remote is not None or is_read(errand.task):
        return ""
    try:
        status = os.lstat(path_of(errand))
    except OSError as error:
        return error.strerror or "nothing"
    if not stat.S_ISREG(status.st_mode):
        return "no regular file"
    return "" if status.st_size == errand.size_bytes else f"{status.st_size} bytes instead of {errand.size_bytes}"
