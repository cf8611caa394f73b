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
# Commands that name a file by what a case calls it, be it elsewhere; nothing is opened. The options name files of this machine.
_NAMERS: Mapping[str, frozenset[str]] = {
    "show": frozenset(),
    "case decide": frozenset(),
    "case retry": frozenset(),
    "doubles": frozenset({"--json", "--library"}),
}
# What people write, not the name of a file.
_SAYINGS = frozenset({"--by", "--judgement"})
# They change what lies beside a register.
_CHANGERS = frozenset({"refs add", "refs remove", "refs build"})


def refuse_urls(words: Sequence[str]) -> None:
    """Raise `UsageError` for the URL of a file where only a path is taken, before anything shows what it may hold."""
    named = [word for word in words if not word.startswith("-")]
    takers = {**_TAKERS, **_NAMERS}
    command = next((name for name in (" ".join(named[:2]), *named[:1]) if name in takers or name in _CHANGERS), "")
    # The first argument of these is the case, which lies on this machine.
    case_file = next(iter(named[len(command.split()) :]), "") if command in _NAMERS else ""
    before = ""
    for word in words:
        option, _, value = word.partition("=") if word.startswith("--") else (before, "", word)
        if is_url(value) and value.partition("://")[0].lower() not in _OF_PAGES | _ADDRESS and option not in _SAYINGS:
            if option == "--sites" and command in _CHANGERS:
                raise UsageError(
                    f"{hide_secrets(value)}: geoverify {command} changes what lies beside a register, and writes to this machine "
                    "alone; download the register with its folder of references, give the file, and put both back afterwards"
                )
            is_case = value == case_file and not before.startswith("-")
            if command in _NAMERS and not is_case and option not in _NAMERS[command] and hide_secrets(value) != value:
                raise UsageError(
                    f"{hide_secrets(value)}: a case knows its files without user, password and what follows a question mark; "
                    "give the name that geoverify case files lists"
                )
            if option != "--sites" and (command not in takers or option in takers[command] or is_case):
                raise UsageError(
                    f"{hide_secrets(value)}: only registers that are read (--sites, sites check, sites diff) and the footage of "
                    "match, inspect and claim may lie elsewhere; download it and give the file"
                )
        before = word
