"""Where the command line takes the URL of a file, and where it takes a path alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoverify.errors import UsageError
from geoverify.urls import hide_secrets, is_url

# Links to pages, as sources and tiles are, are nothing that is opened as a file.
_OF_PAGES = frozenset({"http", "https"})
_ADDRESS = frozenset({"tcp", "tls"})
# Options of `match` and `claim` that name a file of this machine.
_PATHS = frozenset({"--case", "--claims", "--csv", "--csv-evidence", "--json", "--models", "--output", "--pictures", "--sidecar"})
_PATHS |= {"--tls-ca", "--tls-cert", "--tls-key", "--track", "-o"}
# Commands whose arguments may be URLs, each with the options that name files of this machine.
_TAKERS: Mapping[str, frozenset[str]] = {
    "match": _PATHS,
    "claim": _PATHS,
    "inspect": frozenset(),
    "sites check": frozenset(),
    "sites diff": frozenset({"--json"}),
}
# They change what lies beside a register.
_CHANGERS = frozenset({"refs add", "refs remove", "refs build"})


def refuse_urls(words: Sequence[str]) -> None:
    """Raise `UsageError` for the URL of a file where only a path is taken, before anything shows what it may hold."""
    named = [word for word in words if not word.startswith("-")]
    command = next((name for name in (" ".join(named[:2]), *named[:1]) if name in _TAKERS or name in _CHANGERS), "")
    before = ""
    for word in words:
        option, _, value = word.partition("=") if word.startswith("--") else (before, "", word)
        if is_url(value) and value.partition("://")[0].lower() not in _OF_PAGES | _ADDRESS:
            if option == "--sites" and command in _CHANGERS:
                raise UsageError(
                    f"{hide_secrets(value)}: geoverify {command} changes what lies beside a register, and writes to this machine "
                    "alone; download the register with its folder of references, give the file, and put both back afterwards"
                )
            if option != "--sites" and (command not in _TAKERS or option in _TAKERS[command]):
                raise UsageError(
                    f"{hide_secrets(value)}: only registers that are read (--sites, sites check, sites diff) and the footage of "
                    "match, inspect and claim may lie elsewhere; download it and give the file"
                )
        before = word
