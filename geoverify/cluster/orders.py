"""What client and workers of a cluster tell each other: plain data, encoded to bytes, so that only bytes cross the network."""

from __future__ import annotations

import hashlib
from abc import ABC
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.remote.catalogue import RemoteFile
from geoverify.results import Versions
from geoverify.verify import library_versions
from geoverify.worker import Job, Task


class LostConnection(ABC):  # noqa: B024 - a mark, which has nothing to do
    """Marks the errors of orders that mean, as a cancellation does, that the connection went: a cluster registers its own."""


class Card(Struct, frozen=True, kw_only=True):
    """Which program this is: where two cards differ, two machines may give two answers to one file."""

    versions: Versions
    source_digest: str
    """SHA-256 over the source text of the package: versions under development share a number."""


class ParcelFile(Struct, frozen=True, kw_only=True):
    """One file that is shipped to each worker once, named by its place in the parcel and its SHA-256."""

    place: str
    size_bytes: int
    digest: str


class Parcel(Struct, frozen=True, kw_only=True):
    """The files that every task needs: registers, indexes of references, track logs, a network of the user's."""

    files: tuple[ParcelFile, ...]

    @property
    def digest(self) -> str:
        """What names the parcel: other files are another parcel."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Errand(Struct, frozen=True, kw_only=True):
    """A task, and the size of the file as the client sees it: `None` where it sees no regular file there."""

    task: Task
    size_bytes: int | None = None
    remote: RemoteFile | None = None


class Order(Struct, frozen=True, kw_only=True):
    """Some errands with all that is needed to carry them out; the paths of `job` are those of the client."""

    card: Card
    parcel: Parcel
    job: Job
    beside: Mapping[str, str]
    """Files that must lie at the same path on each worker, with their SHA-256."""
    errands: tuple[Errand, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one errand: an encoded `Done`, or what the worker sees in place of the file."""

    done: bytes | None = None
    unseen: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """A worker's reply to an order: the answers in the order of the errands, or why there are none."""

    worker: str
    answers: tuple[Answer, ...] = ()
    lacks_parcel: bool = False
    refusal: str = ""
    """Why this worker cannot do any of the run's work, as no worker may that is set up like it."""
    failed: str = ""
    """What went wrong with this order, on this worker, this time."""


@cache
def describe_program() -> Card:
    """The card of the running program."""
    state = hashlib.sha256()
    package = Path(str(resources.files("geoverify")))
    for path in sorted(package.rglob("*.py")):
        state.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return Card(versions=library_versions(), source_digest=state.hexdigest())


def compare_cards(wanted: Card, found: Card) -> Iterator[str]:
    """Yield what is different about the program `found` on a worker, in words."""
    if wanted.versions.geoverify != found.versions.geoverify:
        yield f"geoverify {found.versions.geoverify}, not {wanted.versions.geoverify}"
    elif wanted.source_digest != found.source_digest:
        yield f"another build of geoverify {found.versions.geoverify}"
    for name, version in wanted.versions.libraries.items():
        other = found.versions.libraries.get(name, "not installed")
        if other != version:
            yield f"{name} {other}, not {version}"
