"""The protocols of the families (readers, sidecars, channels, exporters) and the walk that finds a family's members."""

from __future__ import annotations

import bisect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar, cast

from geoverify.media import ByteSource
from geoverify.model import Digest, Finding, MediaFile, MediaKind, Observation, Value
from geoverify.places import ReferenceSite, Register
from geoverify.results import Candidate, Evidence, Judgement, Mention, Report
from geoverify.settings import Settings

V = TypeVar("V", bound=Value)


class Reader(Protocol):
    """One source of metadata; it knows nothing of sites, of other readers or of the layers above."""

    name: str
    kinds: frozenset[MediaKind]

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield what this source says; `MalformedError` ends it with a `Problem`, and what came before is kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SidecarFile:
    """A file beside footage, loaded once; it is hashable by identity, so that a parser can cache what it made of it."""

    path: Path
    data: bytes
    digest: Digest


class Folder:
    """The names in one folder; hashable by identity, so that an index over it can be cached."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        self._set = frozenset(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._set

    def starting_with(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with `prefix`, in their order."""
        for number in range(bisect.bisect_left(self.names, prefix), len(self.names)):
            if not self.names[number].startswith(prefix):
                return
            yield self.names[number]


class Sidecar(Protocol):
    """One format of files beside the media, in the medium's folder; `covers_many`: one lists many media, from any folder."""

    name: str
    covers_many: bool

    @property
    def above(self) -> tuple[str, int] | None:
        """The name of a listing that is looked for in the medium's folder and those above it, and in how many of them."""
        ...

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:
        """Yield the names in the medium's folder that the downloader's own rules may have given to its sidecars, the likeliest
        first; `folder` tells what is there, so that rules which are guesses can be tried.
        """
        ...

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield what the sidecar says of this medium, with `Provenance.reader` as `sidecars.<name>`.

        Raises `UnrecognisedError` before the first finding where the file is another format's, and `MalformedError` where it
        is broken; what came before is kept.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every channel may look at: one file's observations and what its words name, the register, the settings."""

    observations: tuple[Observation[Value], ...]
    register: Register
    sites: Mapping[str, ReferenceSite]
    region_area_m2: float
    settings: Settings
    mentions: tuple[Mention, ...] = ()

    def values_of(self, kind: type[V]) -> list[Observation[V]]:
        """The observations whose value is of one type, in the order of reading."""
        return [cast("Observation[V]", item) for item in self.observations if isinstance(item.value, kind)]


class Channel(Protocol):
    """One kind of evidence; pure: no files, clock, network or randomness."""

    name: str

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield bounded evidence for the candidates; nothing where the observations do not speak to this channel."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What an output may show beside the reports: the sites that they were matched with, and small pictures where allowed.

    `thumbnail_of` returns a JPEG, or `None` where there is no picture.
    """

    sites: tuple[ReferenceSite, ...] = ()
    thumbnail_of: Callable[[Report], bytes | None] | None = None


NO_BACKGROUND = Background()


class Sink(Protocol):
    """One output file being written, a report at a time, in constant memory."""

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        """Write one report, and apart from it what people decided of the file, in the order of their judgements."""
        ...

    def finish(self) -> None:
        """Write what comes after the last report."""
        ...

    def close(self) -> None:
        """Let go of what it holds: after `finish`, or instead of it where the output is given up."""
        ...


class Exporter(Protocol):
    """One output format.

    `suffixes` are the endings of file names that stand for it, `is_text` whether it can go to a terminal or pipe, and `omits`
    the members of a report that it leaves out, in whole or in part (listed in docs/exports.md).
    """

    name: str
    suffixes: tuple[str, ...]
    is_text: bool
    omits: frozenset[str]

    def start(self, out: BinaryIO, background: Background = NO_BACKGROUND, /) -> Sink:
        """Write what comes before the first report and return the sink for them."""
        ...


def load_family(package: str, attribute: str) -> tuple[Any, ...]:
    """Import every public module of `package` in the order of their names and return each one's `attribute`."""
    root = import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(root.__path__) if not module.name.startswith("_"))
    return tuple(getattr(import_module(f"{package}.{name}"), attribute) for name in names)
