"""The sentences that can be said of a case, each with its count and the files behind it; reused by whatever shows a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import overload

from msgspec import Struct

from geoverify.case.decisions import do_disagree
from geoverify.case.facts import FactGist
from geoverify.results import VerdictKind
from geoverify.tally.counting import Tally
from geoverify.tally.windows import COUNTED_BY
from geoverify.text import count_of

# Sites and initials that one sentence names at most; the list behind it has all.
_NAMED = 12
_NO_TIME, _TORN = "no time of filming or posting", "clocks contradict each other"
_MAYBE = "may lie in that time or not, by an unknown time zone or a bare day"
_NO_FOOTAGE = "no footage that can be read"


class Sentence(Struct, frozen=True, kw_only=True):
    """One sentence: `key` is stable, `count` its number, `files` what is behind it (all of it unless cut), `codes` the sites.

    `notes` say of some of the files that they are copies, of one post with others, or by themselves of another verdict.
    """

    key: str
    text: str
    count: int
    codes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    file_count: int = 0
    notes: dict[str, str] = {}


def make_sentences(tally: Tally, listed: int | None = None) -> tuple[Sentence, ...]:
    """Say what was counted, the most important first; the lists of files are cut after `listed` where that is given.

    Text from files and registers stands in the sentences as it is: whoever shows them escapes it.
    """
    return tuple(_Speaker(tally, listed).speak())


class _Chosen(Sequence[FactGist]):
    """Some of a tally's files, by their numbers: of a million only those that are shown are ever looked at."""

    def __init__(self, rows: Sequence[FactGist], numbers: Sequence[int]) -> None:
        self._rows, self._numbers = rows, numbers

    @property
    def numbers(self) -> Sequence[int]:
        return self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> FactGist: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[FactGist]: ...
    def __getitem__(self, at: int | slice) -> FactGist | Sequence[FactGist]:
        return _Chosen(self._rows, self._numbers[at]) if isinstance(at, slice) else self._rows[self._numbers[at]]


class _Speaker:
    def __init__(self, tally: Tally, listed: int | None) -> None:
        self._tally, self._listed = tally, listed
        self._located = tally.files_by_site()
        self._counts = tally.witnesses_by_verdict()

    def speak(self) -> Iterator[Sentence]:
        yield self._head()
        yield from self._tell_verdicts()
        yield from self._tell_sites()
        yield from self._tell_copies()
        yield from self._tell_rest()
        yield from self._tell_decisions()

    def _sentence(self, key: str, text: str, count: int, rows: Sequence[FactGist] = (), codes: Iterable[str] = ()) -> Sentence:
        files = tuple(map(self._tally.show, islice(rows, self._listed)))
        numbers = rows.numbers[: len(files)] if isinstance(rows, _Chosen) else ()
        notes = {name: note for name, at in zip(files, numbers, strict=False) if (note := self._tally.describe(at))}
        return Sentence(key=key, text=text, count=count, codes=tuple(codes), files=files, file_count=len(rows), notes=notes)

    def _head(self) -> Sentence:
        """The whole in one sentence."""
        tally = self._tally
        count = self._counts
        located = f"{count[VerdictKind.CONSISTENT]} located (consistent with a listed site)"
        parts = [f"{located}, {self._count_sites()}" if self._located else located]
        kinds = (VerdictKind.AMBIGUOUS, VerdictKind.INCONCLUSIVE, VerdictKind.CONTRADICTORY)
        parts += [f"{count[kind]} {kind.value}" for kind in kinds if count[kind]]
        if count[VerdictKind.INCONSISTENT]:
            parts.append(f"{count[VerdictKind.INCONSISTENT]} located elsewhere")
        if copies := len(tally.copies()):
            parts.append(f"{count_of(copies, 'file is a copy', 'files are copies')} of others")
        total = len(tally.verdicts)
        whole = count_of(len(tally.rows), "file")
        text = f"{count_of(total, 'independent piece')} of footage in {whole}: {'; '.join(parts)}"
        return self._sentence("overview", text, total, codes=self._located)

    def _count_sites(self) -> str:
        count, editions = len(self._located), self._count_editions()
        listing = [f"{number} of them in {name}" for name, number in editions.items()]
        if list(editions.values()) == [count]:
            listing = [f"{'listed' if count == 1 else 'all of them'} in {next(iter(editions))}"]
        return f"at least {count_of(count, 'site')}, {', '.join(listing)} ({_name_all(self._located)})"

    def _count_editions(self) -> dict[str, int]:
        """How many of the sites each edition lists, by the editions that the files were matched against."""
        found: dict[str, set[str]] = {}
        for code, numbers in self._located.items():
            for _verdict, _codes, editions, _is_footage in self._tally.told_of(numbers):
                title, _, edition = editions.partition("\t")
                found.setdefault(f"edition {edition} of the register “{title}”", set()).add(code)
        return {name: len(codes) for name, codes in sorted(found.items())}

    def _tell_verdicts(self) -> Iterator[Sentence]:
        for kind, numbers in self._tally.files_by_verdict().items():
            count = self._counts[kind]
            if count:
                rows = _Chosen(self._tally.rows, numbers)
                told = () if kind is VerdictKind.INCONCLUSIVE else self._tally.told_of(numbers)
                named = sorted({code for _verdict, joined, *_ in told for code in joined.split("\n") if code})
                text = f"{count_of(count, 'piece of footage is', 'pieces of footage are')} {_WORDS[kind]}"
                yield self._sentence(kind.value, text, count, rows, named)

    def _tell_sites(self) -> Iterator[Sentence]:
        for code, numbers in self._located.items():
            count = len({self._tally.witness[at] for at in numbers})
            text = f"{code}: {count_of(count, 'piece')} of footage consistent with it"
            yield self._sentence("site", text, count, _Chosen(self._tally.rows, numbers), (code,))

    def _tell_copies(self) -> Iterator[Sentence]:
        copies = self._tally.copies()
        if copies:
            by = "by bytes and pictures" if self._tally.compares_pictures else "by bytes alone: pictures were not compared"
            text = f"{count_of(len(copies), 'file is a copy', 'files are copies')} of others, {by}; not counted again"
            yield self._sentence("copies", text, len(copies), _Chosen(self._tally.rows, copies))
        same = self._tally.companions()
        if same:
            text = f"{count_of(len(same), 'more file hangs', 'more files hang')} on a post of others: one post is one witness"
            yield self._sentence("same_post", text, len(same), _Chosen(self._tally.rows, same))

    def _tell_rest(self) -> Iterator[Sentence]:
        tally = self._tally
        if not tally.window.is_open:
            span = f"from {_show(tally.window.start, 'the beginning')} to {_show(tally.window.end, 'the end')}"
            yield self._sentence("window", f"counted {span}, by {COUNTED_BY}", len(tally.rows))
            outside = tally.outside_count
            yield self._sentence("outside", f"{count_of(outside, 'file lies', 'files lie')} outside that time", outside)
        if not tally.compares_pictures:
            text = "copies were looked for by their bytes alone: what was re-encoded or cropped counts as footage of its own"
            yield self._sentence("exact_copies", text, 0)
        for key, rows, one, several in (
            ("possible", tally.possible, _MAYBE, _MAYBE),
            ("undated", tally.undated, f"tells {_NO_TIME}, or its {_TORN}", f"tell {_NO_TIME}, or their {_TORN}"),
            ("no_footage", tally.no_footage, f"is {_NO_FOOTAGE}", f"are {_NO_FOOTAGE}"),
        ):
            if rows:
                text = f"{count_of(len(rows), f'file {one}', f'files {several}')}: not counted"
                yield self._sentence(key, text, len(rows), rows)
        if tally.unread_count:
            count = tally.unread_count
            yield self._sentence("unread", f"{count_of(count, 'file is', 'files are')} still to be read: not counted", count)

    def _tell_decisions(self) -> Iterator[Sentence]:
        decided = self._tally.decisions
        if not decided:
            return
        by_subject = {name: list(items) for name, items in groupby(sorted(decided, key=_by_subject), key=_by_subject)}
        judged = list(self._tally.subjects)
        rows = _Chosen(self._tally.rows, judged)
        names = _name_all(dict.fromkeys(decision.by for decision in decided))
        files = count_of(len(rows), "file")
        text = f"apart from these counts, analysts ({names}) have judged {files} themselves"
        codes = sorted({decision.site for decision in decided if decision.site})
        yield self._sentence("decided", text, len(rows), rows, codes)
        disputed = [at for at in judged if do_disagree(by_subject[self._tally.subjects[at]])]
        if disputed:
            text = f"analysts disagree about {count_of(len(disputed), 'file')}: settle that first"
            yield self._sentence("disputed", text, len(disputed), _Chosen(self._tally.rows, disputed))


_WORDS = {
    VerdictKind.CONSISTENT: "consistent with one listed site",
    VerdictKind.AMBIGUOUS: "ambiguous between sites that the evidence does not tell apart, and no site is counted for it",
    VerdictKind.INCONCLUSIVE: "inconclusive, which speaks neither for nor against any site",
    VerdictKind.INCONSISTENT: "located elsewhere than at any listed site",
    VerdictKind.CONTRADICTORY: "contradictory: strong evidence on both sides, or copies that are said to be of different places",
}


_by_subject = attrgetter("subject")


def _name_all(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed) if len(listed) <= _NAMED else f"{', '.join(listed[:_NAMED])} and {len(listed) - _NAMED} more"


def _show(moment: dt.datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else f"{moment:%Y-%m-%d %H:%M %z}"
