"""Where the command line takes the URL of a file, and where it takes a path alone."""

from __future__ import annotations

from collections.abc import Sequence

from geoverify.errors import UsageError
from geoverify.urls import hide_secrets, is_url

# Links to pages, as sources and tiles are, are nothing that is opened as a file.
_OF_PAGES = frozenset({"http", "https"})
_ADDRESS = frozenset({"tcp", "tls"})
# Options of `match` that name a file of this machine.
_PATHS = frozenset({"--case", "--csv", "--csv-evidence", "--json", "--models", "--output", "--pictures", "--sidecar"})
_PATHS |= {"--tls-ca", "--tls-cert", "--tls-key", "--track", "-o"}


def refuse_urls(words: Sequence[str]) -> None:
    """Raise `UsageError` for the URL of a file where only a path is taken, before anything shows what it may hold."""
    command = next((word for word in words if not word.startswith("-")), "")
    before = ""
    for word in words:
        option, _, value = word.partition("=") if word.startswith("--") else (before, "", word)
        is_file = is_url(value) and value.partition("://")[0].lower() not in _OF_PAGES | _ADDRESS
        if is_file and (command != "match" or option in _PATHS):
            why = ": a register is known by its digest, not by its place" if option == "--sites" else ""
            raise UsageError(
                f"{hide_secrets(value)}: only the footage and the --sites of match may lie elsewhere; download it and give the "
                f"file{why}"
            )
        before = word
