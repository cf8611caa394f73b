"""Registers as a command line names them: files, shipped ones, and URLs, whose copies last as long as the command."""

from __future__ import annotations

from typing import TypeVar

import typer

from geoverify.urls import is_url

Given = TypeVar("Given", str, list[str], None)
# By the path of a copy, the URL that it is a copy of; no path is used twice.
_urls: dict[str, str] = {}


def fetch_registers(ctx: typer.Context, given: Given) -> Given:
    """Have local copies of the registers that are named by URLs; every parameter that names registers to be read calls this."""
    return _fetch(ctx, given, with_references=False)


def fetch_with_references(ctx: typer.Context, given: Given) -> Given:
    """Have copies of the registers and of the reference photographs beside them, for commands that look at these."""
    return _fetch(ctx, given, with_references=True)


def _fetch(ctx: typer.Context, given: Given, *, with_references: bool) -> Given:
    # Nothing is fetched for what the shell offers on Tab.
    if given is None or ctx.resilient_parsing:
        return given
    names = [given] if isinstance(given, str) else given
    if not any(map(is_url, names)):
        return given
    from geoverify.remote.registers import fetch_registers
    from geoverify.settings import Settings

    # The outermost context ends even where a later parameter is wrong.
    called = ctx.find_root().with_resource(fetch_registers(names, Settings(), with_references=with_references))
    _urls.update((path, url) for path, url in called.items() if is_url(url))
    paths = list(called)
    return paths[0] if isinstance(given, str) else paths


def url_of(path: str) -> str:
    """What a register is called in outputs: the URL of a copy, the path of any other."""
    return _urls.get(path, path)


def is_copy(path: str) -> bool:
    """Whether a register lies elsewhere and was fetched for this command."""
    return path in _urls


def name_copies(message: str) -> str:
    """A message with URLs in the place of the paths of copies."""
    for path, url in _urls.items():
        message = message.replace(path, url)
    return message
