"""`geoverify doubles`: which files of a case are the same recording, and where it was seen before."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoverify.cli.case import CaseArgument, refuse_missing
from geoverify.cli.completion import complete_case, complete_case_file
from geoverify.cli.placing import STDOUT, Target, write_files
from geoverify.cli.tables import encode_json
from geoverify.errors import UsageError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.doubles.groups import Doubles, Group, Member

# So many digits of a digest name a file where no path is at hand.
MIN_DIGEST_DIGITS = 8


def doubles(
    case_file: CaseArgument,
    library: Annotated[
        list[Path] | None,
        typer.Option(
            "--library",
            metavar="CASE",
            help="A case of earlier footage to look in; may be repeated.",
            show_default=False,
            autocompletion=complete_case,
        ),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the groups; - for stdout and nothing else there.")
    ] = None,
    not_same: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--not-same",
            metavar="A B",
            help="Two files (paths or digests) that are not one recording; it is remembered.",
            autocompletion=complete_case_file,
        ),
    ] = None,
    same: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--same",
            metavar="A B",
            help="Two files that are; a later word takes back an earlier one.",
            autocompletion=complete_case_file,
        ),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Initials of who says so.", show_default=False)] = None,
) -> None:
    """List the files of a case that are the same recording: copies, crops, mirror images, cuts; each group is one witness.

    Also tells where the same recording was seen earlier, and which file of a group names a site. Footage is not needed: what is
    compared was kept by match --case. What is said with --not-same or --same stands in the custody log and holds for every later
    run.

    Example:

      geoverify doubles my.gvcase --library archive-2022.gvcase

      geoverify doubles my.gvcase --not-same footage/a.mp4 footage/b.mp4 --by RK
    """
    from geoverify.case.store import look_at_case

    with ExitStack() as stack:
        names = _name_library(library or [])
        if not_same is not None or same is not None:
            others = [stack.enter_context(look_at_case(path)) for path in names.values()]
            _decide(case_file, others, not_same, same, by)
            return
        if by is not None:
            raise UsageError("--by says whose word --not-same or --same is; give one of them with it")
        from geoverify.doubles.groups import find_doubles

        case = stack.enter_context(look_at_case(case_file))
        found = find_doubles(case, {name: stack.enter_context(look_at_case(path)) for name, path in names.items()})
    if json_file is not None:
        content = {Target("json", json_file, "--json"): encode_json(_encode(found))}
        write_files(content, case_files=[case_file, *names.values()])
    if json_file != STDOUT:
        for line in _describe(found):
            typer.echo(escape_controls(line))


def _name_library(paths: Sequence[Path]) -> dict[str, Path]:
    """Earlier cases by the names that they are told by: those of their files, or whole paths where two are called alike."""
    names = [path.name for path in paths]
    return {name if names.count(name) == 1 else str(path): path for name, path in zip(names, paths, strict=True)}


def _decide(
    case_file: Path, others: Sequence[Case], not_same: tuple[str, str] | None, same: tuple[str, str] | None, by: str | None
) -> None:
    from geoverify.case.store import open_case
    from geoverify.doubles.decisions import decide_pair

    if not by or not by.strip():
        raise UsageError("a word on two files needs a name; say whose with --by")
    refuse_missing(case_file)
    with open_case(case_file) as case:
        for pair, is_same in ((not_same, False), (same, True)):
            if pair is None:
                continue
            one, other = (_find_digest([case, *others], name) for name in pair)
            if one == other:
                raise UsageError("both are the same bytes, about which there is nothing to decide; name two different files")
            decide_pair(case, one, other, is_same=is_same, by=by.strip())
    typer.echo("it is in the custody log, and every later run of doubles heeds it")


def _find_digest(cases: Sequence[Case], name: str) -> str:
    """The digest of a file by its path, or by the beginning of the digest itself."""
    from geoverify.case.store import list_files

    for case in cases:
        row = case.find_file(Path(name))
        if row is not None and row.digest is not None:
            return row.digest.hex
    known: set[str] = set()
    if len(name) >= MIN_DIGEST_DIGITS and set(name.lower()) <= set(string.hexdigits.lower()):
        known = {digest for case in cases for _, digest, _, _ in list_files(case) if digest and digest.startswith(name.lower())}
    if len(known) > 1:
        raise UsageError(f"{escape_controls(name)}: the digests of {len(known)} files begin so; give more of its digits")
    if not known:
        raise UsageError(
            f"{escape_controls(name)}: not in this case; `geoverify case files` lists what is, a digest will do as well"
        )
    return known.pop()


def _describe(found: Doubles) -> Iterator[str]:
    from geoverify.doubles.groups import count_independent
    from geoverify.doubles.reuse import find_reuse
    from geoverify.media import display_path

    own = [item for item in found.recordings if any(file.case is None for file in item.files)]
    files = sum(file.case is None for item in own for file in item.files)
    unprinted = sum(not item.prints for item in own)
    groups = count_of(len(found.groups), "group")
    recordings = count_of(count_independent(found.groups, [item.digest for item in own]), "recording")
    told = f"{count_of(files, 'file is', 'files are')} {recordings}; {groups} of doubles"
    yield told + (f"; {unprinted} without a print are compared by their bytes alone" if unprinted else "")
    for group in found.groups:
        yield ""
        yield f"{group.id}: {count_of(len(group.members), 'file')}"
        yield from (_describe_member(member) for member in group.members)
        yield from (f"  {display_path(item.member.path)[0]}: {item.wording}" for item in find_reuse(group))
    if found.parts:
        yield ""
        yield "sharing a part, but kept apart:"
        names = {item.digest: display_path(item.files[0].path)[0] for item in found.recordings}
        yield from (f"  {names[link.one]} and {names[link.other]}: {link.why}" for link in found.parts)


def _describe_member(member: Member) -> str:
    from geoverify.doubles.reuse import name_file

    codes = f" {' / '.join(member.file.site_codes)}" if member.file.site_codes else ""
    times = [
        f"{name} {time.earliest_utc:%Y-%m-%d}"
        for name, time in (("captured", member.file.captured), ("posted", member.file.posted))
        if time
    ]
    return "  ".join(
        ["", name_file(member), member.likeness.value, f"{member.file.verdict.value}{codes}", *times, f"({member.why})"]
    )


def _encode(found: Doubles) -> dict[str, Any]:
    from geoverify.doubles.reuse import find_reuse

    return {
        "groups": [
            {**_encode_group(group), "reuse": [_encode_reuse(item) for item in find_reuse(group)]} for group in found.groups
        ],
        "parts": found.parts,
    }


def _encode_group(group: Group) -> dict[str, Any]:
    return {"id": group.id, "members": [_encode_member(member) for member in group.members]}


def _encode_member(member: Member) -> dict[str, Any]:
    import msgspec

    from geoverify.media import display_path

    path, path_hex = display_path(member.path)
    facts = {name: value for name, value in msgspec.structs.asdict(member.file).items() if name != "path"}
    file = {"path": path, "path_bytes_hex": path_hex, **msgspec.to_builtins(facts)}
    return {"file": file, "likeness": member.likeness.value, "like": member.like, "score": member.score, "why": member.why}


def _encode_reuse(item: Any) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "sha256": item.member.digest,
        "earlier_sha256": item.earlier.digest,
        "wording": item.wording,
    }
