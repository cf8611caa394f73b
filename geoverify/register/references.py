"""The reference photographs of a register: records and files in a folder beside it, each photo under its digest.

`mine.geojson` has its references in `mine.refs/`: `references.json` with the records, `photos/` with the files as they were
given, and `index.gvi`, which `geoverify refs build` makes of them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.errors import RegisterError
from geoverify.register.document import read_bounded
from geoverify.register.load import default_register_path, resolve_register
from geoverify.register.writing import write_register
from geoverify.text import escape_controls

SCHEMA_VERSION = "1.0"
FOLDER_SUFFIX = ".refs"
RECORDS_NAME, PHOTOS_NAME, INDEX_NAME = "references.json", "photos", "index.gvi"
_LOCK_NAME = "references.lock"
_COPY_BYTES = 1 << 20
# What a photo's file is called behind its digest; the suffix of the original is never trusted.
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jp2": ".jp2",
}


class Derivation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reference was taken from. Whatever matches both has one witness, not two."""

    digest: str
    """SHA-256 of the footage, in hexadecimal."""
    kind: str = "video frame"
    time_s: float | None = None
    """The second of the frame in the footage."""
    first: str = ""
    """SHA-256 of what the footage itself was recognised by: a photo, or the first footage of a chain; empty where by nothing."""


class Reference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reference photograph: which site it shows, and where it comes from as far as somebody said so."""

    site_code: str
    digest: str
    """SHA-256 of the stored file, in hexadecimal; its name under `photos/` is made of it."""
    media_type: str
    width_px: int
    height_px: int
    part: str = ""
    """The named part of the site that it shows."""
    lat_deg: float | None = None
    lon_deg: float | None = None
    """Where the camera stood."""
    heading_deg: float | None = None
    """Where it looked, clockwise from true north."""
    taken: str = ""
    """When: YYYY, YYYY-MM, YYYY-MM-DD or with a time, as ISO 8601."""
    by: str = ""
    """Who took it."""
    source: str = ""
    """Where it was found."""
    licence: str = ""
    """Under which terms it may be used."""
    derived_from: Derivation | None = None
    added: str = ""
    """When it was put here, as ISO 8601."""

    @property
    def file_name(self) -> str:
        """The name of the photo's file."""
        return self.digest + SUFFIXES[self.media_type]

    @property
    def origin(self) -> str:
        """The digest of what the picture came from in the end: references that share it are one witness."""
        return self.digest if self.derived_from is None else self.derived_from.first or self.derived_from.digest


class ReferenceFile(Struct, frozen=True, kw_only=True):
    """`references.json`."""

    schema_version: str = SCHEMA_VERSION
    references: tuple[Reference, ...] = ()


def references_folder(register_path: Path) -> Path:
    """The folder of a register's references, whether it exists or not."""
    return register_path.with_suffix(FOLDER_SUFFIX)


def find_references(register_path: Path) -> Path | None:
    """The built index of a register's references; `None` where there is none."""
    index = references_folder(register_path) / INDEX_NAME
    return index if index.is_file() else None


def digest_indexes(register_paths: Iterable[Path]) -> dict[str, str]:
    """The built indexes of some registers' references, each with the SHA-256 of its file; raises `RegisterError`."""
    digests: dict[str, str] = {}
    for index in filter(None, map(find_references, register_paths)):
        try:
            with index.open("rb") as file:
                digests[str(index)] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            shown = escape_controls(str(index))
            raise RegisterError(f"{shown}: cannot be read ({error.strerror}); check its permissions") from error
    return digests


def digest_records(folder: Path) -> str:
    """SHA-256 of the records in a folder of references, empty where there are none; raises `RegisterError`."""
    path = folder / RECORDS_NAME
    return hashlib.sha256(read_bounded(path)).hexdigest() if path.exists() else ""


def resolve_own_register(name: str) -> Path:
    """The path of a register whose references may be changed; raises `RegisterError` for the name of a shipped one."""
    path = resolve_register(name)
    if Path(name) != path and path.parent == default_register_path().parent:
        raise RegisterError(
            f"{escape_controls(name)}: comes with the tool, and what is put beside it is lost with the next version; copy "
            f"{escape_controls(str(path))} beside your work and give the copy with --sites"
        )
    return path


def load_references(register_path: Path) -> tuple[Reference, ...]:
    """The references of a register, none where it has no folder; raises `RegisterError` for records that cannot be read."""
    return read_records(references_folder(register_path))


def read_records(folder: Path) -> tuple[Reference, ...]:
    """The records of a folder of references, as `load_references` gives them."""
    path = folder / RECORDS_NAME
    if not path.exists():
        return ()
    shown = escape_controls(str(path))
    try:
        file = msgspec.json.decode(read_bounded(path), type=ReferenceFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegisterError(f"{shown}: not a list of references ({error}); restore it from a copy, or add them anew") from error
    if file.schema_version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise RegisterError(f"{shown}: is of version {file.schema_version}, this geoverify reads {SCHEMA_VERSION}; update it")
    for reference in file.references:
        is_digest = len(reference.digest) == 64 and set(reference.digest) <= set("0123456789abcdef")
        if not is_digest or reference.media_type not in SUFFIXES:
            raise RegisterError(f"{shown}: names a file that cannot be one of its photos; restore it from a copy")
    return file.references


def save_references(register_path: Path, references: Sequence[Reference]) -> None:
    """Write the records in one step, sorted, so that the same references are the same bytes; raises `RegisterError`."""
    folder = references_folder(register_path)
    _make_folder(folder)
    ordered = sorted(references, key=lambda reference: (reference.site_code, reference.digest))
    data = msgspec.json.format(msgspec.json.encode(ReferenceFile(references=tuple(ordered))), indent=2)
    write_register(data + b"\n", folder / RECORDS_NAME, overwrite=True)


@contextmanager
def lock_references(register_path: Path) -> Iterator[None]:
    """Keep other processes from changing the references; raises `RegisterError` while one does."""
    folder = references_folder(register_path)
    _make_folder(folder)
    path = folder / _LOCK_NAME
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError as error:
        raise RegisterError(
            f"{escape_controls(str(path))}: another process changes these references; wait, or delete the file if none runs"
        ) from error
    except OSError as error:
        raise RegisterError(f"{escape_controls(str(path))}: cannot be written ({error.strerror}); check the folder") from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def photo_path(register_path: Path, reference: Reference) -> Path:
    """Where a reference's photo lies."""
    return references_folder(register_path) / PHOTOS_NAME / reference.file_name


def store_photo(register_path: Path, read_piece: Iterator[bytes], digest: str, media_type: str) -> None:
    """Write a photo under its digest, whole or not at all; raises `RegisterError` where the bytes have another digest."""
    folder = references_folder(register_path) / PHOTOS_NAME
    _make_folder(folder)
    target = folder / (digest + SUFFIXES[media_type])
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".photo-", suffix=".tmp")
        try:
            state = hashlib.sha256()
            with os.fdopen(handle, "wb") as file:
                for piece in read_piece:
                    state.update(piece)
                    file.write(piece)
                Path(temporary).chmod(0o644)
            if state.hexdigest() != digest:
                raise RegisterError(f"{escape_controls(str(target))}: the photo changed while it was read; add it again")
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RegisterError(f"{escape_controls(str(target))}: cannot be written ({error.strerror}); make room there") from error


def read_pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time; links are not followed."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(fd, "rb") as file:
        while piece := file.read(_COPY_BYTES):
            yield piece


def is_intact(register_path: Path, reference: Reference) -> bool:
    """Whether a reference's photo is there and is the one that was put there."""
    state = hashlib.sha256()
    try:
        for piece in read_pieces(photo_path(register_path, reference)):
            state.update(piece)
    except OSError:
        return False
    return state.hexdigest() == reference.digest


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RegisterError(f"{escape_controls(str(folder))}: cannot be made ({error.strerror}); check the folder") from error
