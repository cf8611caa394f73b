"""What every task needs, packed on the client and kept on each worker: files under their digests, which workers map."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath

import msgspec

from geoverify.cluster.orders import Parcel, ParcelFile
from geoverify.errors import UsageError
from geoverify.media import FileStamp
from geoverify.register.references import PHOTOS_NAME, RECORDS_NAME
from geoverify.text import escape_controls
from geoverify.worker import Job

FOLDER_NAME = "geoverify-parcels"
# A place in a parcel comes over the network, and becomes a path: a number, at most one folder, and a name.
_PLACE = re.compile(r"\d+/(?:photos/)?[^/\0]{1,255}", re.ASCII)


def pack_parcel(job: Job) -> tuple[Parcel, dict[str, Path]]:
    """The parcel of a job, and where each of its files lies on the client; raises `UsageError` for one that cannot be read."""
    places: dict[str, Path] = {}
    for number, path in enumerate(_list_files(job)):
        places[f"{number}/{Path(path).name}"] = Path(path)
        if path in job.references:
            beside = _list_beside(Path(path), wants_photos=job.wants_pictures)
            places |= {f"{number}/{place}": file for place, file in beside.items()}
    return Parcel(files=tuple(_describe(place, path) for place, path in places.items())), places


def unpack_job(job: Job, folder: Path) -> Job:
    """The job with the paths that its files have in an unpacked parcel; reports go on to name registers as the client does."""
    where = {path: str(folder / str(number) / Path(path).name) for number, path in enumerate(_list_files(job))}
    return msgspec.structs.replace(
        job,
        registers=[where[path] for path in job.registers],
        references={where[path]: digest for path, digest in job.references.items()},
        tracks=[where[path] for path in job.tracks],
        model=None if job.model is None else msgspec.structs.replace(job.model, path=where[job.model.path]),
        called={where[path]: job.called.get(path, path) for path in job.registers},
    )


# Orders that use a parcel now, and parcels that are deleted once none does: another client may have begun with the same one.
_users: Counter[Path] = Counter()
_unwanted: set[Path] = set()
_turn = threading.Lock()


class Shelf:
    """The parcels of one worker, in a folder that only its user can read; several threads of the worker may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER_NAME

    def list_missing(self, parcel: Parcel) -> list[str]:
        """The places of the files that are not there yet."""
        folder = self._folder / parcel.digest
        return [file.place for file in parcel.files if not (folder / _check(file.place)).is_file()]

    def receive(self, parcel: Parcel, place: str, offset: int, piece: bytes) -> None:
        """Put a piece of a file where it belongs; with the last one the file is checked and appears under its name.

        Raises `UsageError` for a file that is not the one of the parcel.
        """
        (wanted,) = (file for file in parcel.files if file.place == place)
        path = self._folder / parcel.digest / _check(place)
        with _turn:
            _unwanted.discard(self._folder / parcel.digest)
        # A mode is given to the last folder alone, and what is closed above is closed below.
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.part")
        with part.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            file.write(piece)
        if offset + len(piece) < wanted.size_bytes:
            return
        if digest_file(part) != wanted.digest:
            part.unlink()
            raise UsageError(f"{escape_controls(place)}: changed on its way to the worker; run it again")
        part.replace(path)

    @contextmanager
    def open(self, parcel: Parcel) -> Iterator[Path | None]:
        """The folder of a parcel, `None` where it is not whole; raises `UsageError` where a file of it is another one by now."""
        folder = self._folder / parcel.digest
        with _turn:
            _users[folder] += 1
        try:
            yield self._find(parcel, folder)
        finally:
            with _turn:
                _users[folder] -= 1
                is_unwanted = not _users[folder] and folder in _unwanted
            if is_unwanted:
                self.drop(parcel.digest)

    def _find(self, parcel: Parcel, folder: Path) -> Path | None:
        if self.list_missing(parcel):
            return None
        for file in parcel.files:
            if _digest_unchanged(folder / file.place, FileStamp.of((folder / file.place).stat())) != file.digest:
                name = PurePosixPath(file.place).name
                raise UsageError(
                    f"{escape_controls(name)}: the copy in {escape_controls(str(folder))} is another version than this run's "
                    f"(SHA-256 {file.digest[:12]}…); delete that folder, or restart the worker, and run it again"
                )
        return folder

    def drop(self, digest: str) -> None:
        """Delete a parcel as soon as nobody uses it: registers and references say what is being looked for."""
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            return
        folder = self._folder / digest
        with _turn:
            if _users[folder]:
                _unwanted.add(folder)
                return
            _unwanted.discard(folder)
            del _users[folder]
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            self._folder.rmdir()


def digest_beside(job: Job) -> dict[str, str]:
    """The sidecars given by hand with their digests: rows name media as seen from where they lie, so that they are not moved."""
    return {path: digest_file(Path(path)) for path in job.sidecars}


def check_beside(beside: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the files that must lie at the same path on this machine, in words."""
    for name, digest in beside.items():
        try:
            found = digest_file(Path(name))
        except OSError as error:
            yield f"{name} cannot be read there ({error.strerror})"
            continue
        if found != digest:
            yield f"{name} is another file there"


def digest_file(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4096)
def _digest_unchanged(path: Path, _stamp: FileStamp) -> str:
    # Each order asks again, and an index may have gigabytes.
    return digest_file(path)


def _list_files(job: Job) -> list[str]:
    """The files that a parcel holds, by the paths of the client; beside an index lie its records and photographs."""
    return [*job.registers, *job.references, *job.tracks, *([] if job.model is None else [job.model.path])]


def _list_beside(index: Path, *, wants_photos: bool) -> dict[str, Path]:
    records, photos = index.with_name(RECORDS_NAME), index.with_name(PHOTOS_NAME)
    parts = {RECORDS_NAME: records} if records.is_file() else {}
    if wants_photos and photos.is_dir():
        parts |= {f"{PHOTOS_NAME}/{photo.name}": photo for photo in sorted(photos.iterdir()) if photo.is_file()}
    return parts


def _describe(place: str, path: Path) -> ParcelFile:
    try:
        return ParcelFile(place=place, size_bytes=path.stat().st_size, digest=digest_file(path))
    except OSError as error:
        shown = escape_controls(str(path))
        raise UsageError(f"{shown}: cannot be read ({error.strerror}); check its permissions") from error


def _check(place: str) -> str:
    if not _PLACE.fullmatch(place) or place.endswith(("/.", "/..")):
        raise UsageError(f"{escape_controls(place)}: no place of a parcel")
    return place
