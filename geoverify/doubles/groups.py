"""The groups of a case: files that are one recording and so one witness, whatever they are called and however they were cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from geoverify.case.store import Case
from geoverify.doubles.decisions import Decisions, read_decisions
from geoverify.doubles.gathering import gather
from geoverify.doubles.linking import Likeness, Link, find_links
from geoverify.doubles.records import FileFacts, Recording, merge_recordings, read_recordings
from geoverify.results import VerdictKind

# Hexadecimal digits of the smallest digest that name a group.
ID_DIGITS = 12


class Member(Struct, frozen=True, kw_only=True):
    """One file of a group: how it is like the recording `like` (a digest of the group), how surely from 0 to 1, and why."""

    file: FileFacts
    likeness: Likeness
    like: str
    score: float
    why: str

    @property
    def path(self) -> Path:
        """Where the file lay when it was read."""
        return self.file.path

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal."""
        return self.file.digest


class Group(Struct, frozen=True, kw_only=True):
    """Two or more files that are one recording, and so one witness; this case's files come first.

    `id` is made of the smallest digest among them: the same files have the same id, in whatever order they came in.
    """

    id: str
    members: tuple[Member, ...]

    @property
    def first_posted(self) -> Member | None:
        """The member that was posted first, where any says when it was."""
        known = [(member.file.posted.earliest_utc, place) for place, member in enumerate(self.members) if member.file.posted]
        return self.members[min(known)[1]] if known else None

    @property
    def first_captured(self) -> Member | None:
        """The member that states the earliest capture, where any states one."""
        known = [(member.file.captured.earliest_utc, place) for place, member in enumerate(self.members) if member.file.captured]
        return self.members[min(known)[1]] if known else None

    @property
    def located(self) -> tuple[Member, ...]:
        """The members that are consistent with a site by themselves: together one witness for it."""
        return tuple(member for member in self.members if member.file.verdict is VerdictKind.CONSISTENT)


class Doubles(Struct, frozen=True, kw_only=True):
    """The groups of a case, in the order of their ids, and the links between recordings that share a part but stay apart."""

    groups: tuple[Group, ...]
    parts: tuple[Link, ...]
    recordings: tuple[Recording, ...]


def find_groups(case: Case, library: Mapping[str, Case] | None = None) -> tuple[Group, ...]:
    """The groups of a case's files, and of files of earlier cases (by the names they are told by) that are the same recordings.

    Reads the cases alone, no media. Every group has a file of this case.
    """
    return find_doubles(case, library).groups


def find_doubles(case: Case, library: Mapping[str, Case] | None = None) -> Doubles:
    """The same, with the links that joined nothing."""
    recordings = read_recordings(case)
    for name, other in sorted((library or {}).items()):
        recordings = merge_recordings([*recordings, *read_recordings(other, name)])
    decisions = read_decisions(case)
    return group_recordings(recordings, decisions)


def group_recordings(recordings: Sequence[Recording], decisions: Decisions) -> Doubles:
    """Group recordings that were read already, as analysts decided."""
    own = {item.digest for item in recordings if any(file.case is None for file in item.files)}
    # Earlier footage is compared with this case's, not within itself.
    links = find_links(recordings, own)
    gathered = gather([item.digest for item in recordings], links, decisions)
    by_digest = {item.digest: item for item in recordings}
    # A link lies within one group: a case of a hundred thousand files has many of both.
    group_of = {digest: place for place, digests in enumerate(gathered.groups) for digest in digests}
    inside: dict[int, list[Link]] = defaultdict(list)
    for link in gathered.links:
        inside[group_of[link.one]].append(link)
    groups = [
        _make_group([by_digest[digest] for digest in digests], inside[place]) for place, digests in enumerate(gathered.groups)
    ]
    kept = [group for group in groups if len(group.members) > 1 and any(member.file.case is None for member in group.members)]
    return Doubles(groups=tuple(kept), parts=gathered.left_over, recordings=tuple(recordings))


def name_witnesses(groups: Iterable[Group]) -> dict[str, str]:
    """The group's id for each digest in a group; a file in none is a witness of its own."""
    return {member.digest: group.id for group in groups for member in group.members}


def count_independent(groups: Iterable[Group], digests: Iterable[str]) -> int:
    """How many recordings some files are: the files of one group count once."""
    witnesses = name_witnesses(groups)
    return len({witnesses.get(digest, digest) for digest in digests})


def _make_group(recordings: Sequence[Recording], inside: Sequence[Link]) -> Group:
    digests = {item.digest for item in recordings}
    reference = min(digests, key=lambda digest: (-sum(_rank(link, digest) for link in inside), digest))
    members = []
    for item in recordings:
        about = [link for link in inside if item.digest in (link.one, link.other)]
        link = min(
            about, key=lambda link: (reference not in (link.one, link.other), -link.score, link.one, link.other), default=None
        )
        for place, file in enumerate(item.files):
            if place:
                told = (Likeness.EXACT, item.digest, 1.0, "the same bytes")
            elif link is None or item.digest == reference:
                told = (Likeness.REFERENCE, item.digest, 1.0, "the others are compared with it")
            else:
                told = (link.likeness, link.other if link.one == item.digest else link.one, link.score, link.why)
            members.append(Member(file=file, likeness=told[0], like=told[1], score=told[2], why=told[3]))
    members.sort(key=lambda member: (member.file.case is not None, member.file.case or "", member.digest, str(member.path)))
    return Group(id=f"g{min(digests)[:ID_DIGITS]}", members=tuple(members))


def _rank(link: Link, digest: str) -> float:
    """What a link adds to a recording as its group's reference: one that the others are parts of, and that is not mirrored."""
    if digest not in (link.one, link.other):
        return 0.0
    own, others = (link.one_share, link.other_share) if digest == link.one else (link.other_share, link.one_share)
    return (1.0 + others - own) * (link.score if link.likeness is not Likeness.MIRRORED else 0.01)
