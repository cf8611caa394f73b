"""Footage as it is given: paths, and URLs that only then make the program reach elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoverify.errors import UsageError
from geoverify.text import count_of, escape_controls
from geoverify.urls import hide_secrets, is_url, keep_local

if TYPE_CHECKING:
    from geoverify.remote.catalogue import Catalogue
    from geoverify.settings import Settings


def find_files(given: Sequence[str], settings: Settings) -> tuple[list[Path], Catalogue]:
    """The files of this machine and those elsewhere; raises `UsageError` for what is not there."""
    from geoverify.batch import discover_files
    from geoverify.remote.addresses import local_path, parse_address
    from geoverify.remote.catalogue import Catalogue
    from geoverify.remote.fetching import open_lister

    paths: list[Path] = []
    addresses = []
    for text in given:
        path = local_path(text) if is_url(text) else Path(text)
        if path is None:
            addresses.append(parse_address(text))
        else:
            paths.append(keep_local(path))
    files = discover_files(paths)
    if not addresses:
        return files, Catalogue()
    with open_lister(settings) as lister:
        return files, lister.list_all(addresses)


def find_file(given: str, settings: Settings) -> tuple[Path, Catalogue]:
    """One file of this machine, or elsewhere with what is listed beside it; raises `UsageError` for a folder elsewhere."""
    if not is_url(given):
        from geoverify.remote.catalogue import Catalogue

        return keep_local(Path(given)), Catalogue()
    files, catalogue = find_files([given], settings)
    found = [*files, *catalogue.files]
    if len(found) != 1:
        shown = escape_controls(hide_secrets(given))
        raise UsageError(f"{shown}: {count_of(len(found), 'file')}; give the URL of one, or look at all with geoverify match")
    return found[0], catalogue


def refuse_local_options(catalogue: Catalogue, *, thumbnails: bool, extra_digests: bool) -> None:
    """Refuse what would have to fetch each file once more; raises `UsageError`."""
    for option, is_wanted in (("--thumbnails", thumbnails), ("--digest", extra_digests)):
        if catalogue and is_wanted:
            raise UsageError(
                f"{option} is for files of this machine: those elsewhere are fetched once, and not kept; leave it out"
            )
