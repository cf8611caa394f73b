"""Registers elsewhere, and the references beside them: copied here for as long as a command lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geoverify.errors import MediaError, RegisterError, UsageError
from geoverify.register.load import resolve_register
from geoverify.register.references import FOLDER_SUFFIX, INDEX_NAME, PHOTOS_NAME, RECORDS_NAME, references_folder
from geoverify.remote.addresses import local_path, parse_address
from geoverify.remote.catalogue import RemotePart
from geoverify.remote.fetching import Fetcher, Lister, open_lister
from geoverify.remote.stage import PREFIX
from geoverify.settings import Settings
from geoverify.temporary import hold_folder
from geoverify.text import escape_controls
from geoverify.urls import hide_secrets, is_url, show_remote

# The largest register and index that are fetched; of 100,000 sites the register has some 100 MB.
MAX_BYTES = 16 << 30


@contextmanager
def fetch_registers(given: Sequence[str], settings: Settings, *, with_references: bool) -> Iterator[dict[str, str]]:
    """Yield the path of each register with what reports call it; raises `RegisterError` for one that cannot be had."""
    with hold_folder(PREFIX) as folder, open_lister(settings) as lister, Fetcher(settings, 1) as fetcher:
        called: dict[str, str] = {}
        for number, name in enumerate(given):
            path = local_path(name) if is_url(name) else Path(name)
            if path is not None:
                found = resolve_register(path if is_url(name) else name)
                called[str(found)] = str(found)
                continue
            place = folder / str(number)
            place.mkdir()
            try:
                fetched, url = _fetch(name, place, fetcher, lister, with_references)
            except MediaError as error:
                raise RegisterError(f"{escape_controls(hide_secrets(name))}: {error}") from error
            called[str(fetched)] = url
        yield called


def _fetch(text: str, place: Path, fetcher: Fetcher, lister: Lister, with_references: bool) -> tuple[Path, str]:
    listed = lister.list_all([parse_address(text)])
    if len(listed.files) != 1:
        raise RegisterError(f"{escape_controls(hide_secrets(text))}: {len(listed.files)} files; give the register's own URL")
    (register,) = listed.files
    beside = _list_references(text, lister) if with_references else {}
    wanted = {place / register.name: listed[register].part}
    wanted |= {references_folder(place / register.name) / name: part for name, part in beside.items()}
    for target, part in wanted.items():
        if part.size_bytes > MAX_BYTES:
            raise RegisterError(f"{escape_controls(part.path)}: {part.size_bytes} bytes are no register of sites")
        target.parent.mkdir(parents=True, exist_ok=True)
        fetcher.copy(part, target)
    return place / register.name, show_remote(register)


def _list_references(text: str, lister: Lister) -> dict[str, RemotePart]:
    """The files of the references beside a register, by their places in the folder; none where there is no such folder."""
    inner, chain, outer = text.partition("::")
    try:
        address = parse_address(str(PurePosixPath(inner).with_suffix(FOLDER_SUFFIX)).replace(":/", "://", 1) + chain + outer)
        listed = lister.list_all([address])
    except UsageError:
        return {}
    parts: dict[str, RemotePart] = {}
    for path in listed.files:
        if path.parent.name == PHOTOS_NAME and path.parent.parent.suffix == FOLDER_SUFFIX:
            parts[f"{PHOTOS_NAME}/{path.name}"] = listed[path].part
        elif path.parent.suffix == FOLDER_SUFFIX and path.name in (INDEX_NAME, RECORDS_NAME):
            parts[path.name] = listed[path].part
    return parts
