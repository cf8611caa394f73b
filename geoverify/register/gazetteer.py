"""The names of a register's sites and towns, found in any text: exact in every script, and near misses of long names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
import msgspec
from rapidfuzz.distance import OSA

from geoverify import geo
from geoverify.model import Observation, PlaceClaim, Position, TextSnippet, Value
from geoverify.places import ReferenceSite, Register
from geoverify.register.building import paused_collection
from geoverify.results import Mention, MentionKind
from geoverify.words.folding import FoldedText, count_signs, fold
from geoverify.words.grids import find_short_plus_codes, recover_plus_code

# A shorter name stands in too many words to mean anything.
MIN_SIGNS = 3
# Names from these lengths on may be off by as many letters: one slip of the finger, or two in a long name.
_EDITS_FROM_CHARS = ((20, 2), (12, 1))
# What one text can cost and yield, whatever it is made of.
MAX_CHECKS = 2000
MAX_MATCHES = 64
# A piece that more names share than this finds too many of them to be worth comparing.
_MAX_SHARED = 32
_CONTEXT_CHARS = 40
# Spellings of one sound in romanised Khmer, Thai, Lao and Burmese place names (assumed; UNGEGN and common usage differ).
_SPELLINGS = (
    ("kampong", "kompong"),
    ("preah", "prea"),
    ("sihanouk", "sihanuk"),
    ("krong", "krung"),
    ("poipet", "paoypaet"),
    ("bavet", "bavit"),
    ("phnompenh", "pnompenh"),
    ("myawaddy", "myawady"),
    ("tachileik", "tachilek"),
    ("mukdahan", "mookdahan"),
)
_HAS_SPELLINGS = re.compile("|".join(spelling for pair in _SPELLINGS for spelling in pair))
_MAX_SPELLINGS = 8
# By how many letters a near miss must be longer than a name that overlaps it to be preferred, for each slip.
_EDIT_COST = 3
_DIGITS = re.compile(r"\d+")
# Where more of a register's sites lie in one district, province or country, other footage of the case does too; assumed.
_MAX_AREA_SHARE = 0.25
# What may divide a code: a hyphen, or a space if its letters are written as the register does: Vietnamese "Thứ Ba 01" is a day.
_CODE_JOINT = re.compile(r"[ \u00a0]?[-_.‐‑–][ \u00a0]?|[ \u00a0]{1,2}")
_DATE_BEHIND = re.compile(r"\s?[/.:]\s?\d|[-–]\d{1,2}[-/.–]\d{2}|[-–]\d{4}(?!\d)")
_BREAK = re.compile(r"[\W_]+")


# Where a key ends in the text, its length, and what it is of: an entry's number and the offset in its name.
_Hit = tuple[int, tuple[int, list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One folded name, everything that bears it, and by how many letters a text may differ from it."""

    key: str
    shown: str
    kind: MentionKind
    site_codes: tuple[str, ...]
    edits: int
    codes: tuple[str, ...] = ()
    """Where nothing but codes has this name: the codes as the register writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    entry: _Entry
    start: int
    end: int
    edits: int


class Gazetteer:
    """Finds the names of one register's sites and towns; built once for a run (Aho & Corasick 1975)."""

    def __init__(self, register: Register) -> None:
        with paused_collection():
            self._entries = list(_collect(register))
            self._automaton = ahocorasick.Automaton()
            for key, uses in _index(self._entries).items():
                self._automaton.add_word(_to_bytes(key), (len(key), uses))
        self._footprints = {site.code: site.footprint for site in register.sites if site.locality}
        if self._entries:
            self._automaton.make_automaton()

    def find(self, observations: Sequence[Observation[Value]]) -> tuple[Mention, ...]:
        """Return what the words and named places among a file's observations name, in the order of reading."""
        return tuple(mention for item in observations for text in _texts_of(item.value) for mention in self.search(text, item.id))

    def search(self, text: str, observation_id: str = "") -> list[Mention]:
        """Return the names in one text, each with the words around it; a name inside a longer one is not told."""
        return self.search_with_rest(text, observation_id)[0]

    def search_with_rest(self, text: str, observation_id: str = "") -> tuple[list[Mention], str]:
        """The same, and what of the text is in none of the names."""
        compact = fold(text) if self._entries else ""
        hits = list(self._automaton.iter(_to_bytes(compact))) if compact else []
        if not hits:
            return [], text
        if not compact.isascii():
            ends = [index for index, char in enumerate(compact) for _ in char.encode()]
            hits = [(ends[last], use) for last, use in hits]
        folded = FoldedText.of(text)
        matches = _keep_longest(match for match in self._confirm(hits, folded) if _is_code_sound(match, text, folded))
        matches = matches[:MAX_MATCHES]
        mentions = [_describe(match, text, folded, observation_id) for match in matches]
        return [*mentions, *self._place_short_codes(text, mentions)], _cut_out(matches, text, folded)

    def _place_short_codes(self, text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
        """A short Plus Code means the cell nearest to the town that is named beside it."""
        town = next((mention for mention in mentions if mention.kind is MentionKind.TOWN), None)
        if town is None:
            return
        for code in find_short_plus_codes(text)[:MAX_MATCHES]:
            lat_deg, lon_deg, step_m = recover_plus_code(code, *geo.centre(self._footprints[town.site_codes[0]]))
            position = Position(lat_deg=lat_deg, lon_deg=lon_deg, resolution_m=step_m)
            yield msgspec.structs.replace(
                town, site_codes=(), kind=MentionKind.PLUS_CODE, name=f"{code} {town.name}", position=position
            )

    def _confirm(self, hits: Sequence[_Hit], folded: FoldedText) -> Iterator[_Match]:
        exact = list(self._confirm_exact(hits, folded))
        yield from exact
        checks = 0
        for last, (length, uses) in hits:
            start = last + 1 - length
            # An exact name explains the pieces in it.
            if any(match.start <= start and last < match.end for match in exact):
                continue
            for number, offset in uses:
                if offset != _EXACT and checks < MAX_CHECKS:
                    checks += 1
                    yield from _compare(self._entries[number], start - offset, folded)

    def _confirm_exact(self, hits: Iterable[_Hit], folded: FoldedText) -> Iterator[_Match]:
        for last, (length, uses) in hits:
            start = last + 1 - length
            if folded.is_whole(start, last + 1):
                for number, offset in uses:
                    if offset == _EXACT:
                        yield _Match(entry=self._entries[number], start=start, end=last + 1, edits=0)


# In the index, the offset that stands for the whole name and no piece of it.
_EXACT = -1


def _to_bytes(key: str) -> str:
    """The UTF-8 form of a text, a character a byte: a node of the automaton is searched from end to end, so it must be small."""
    return key if key.isascii() else key.encode().decode("latin-1")


def _collect(register: Register) -> Iterator[_Entry]:
    """Every name and spelling with the sites that bear it."""
    bearers: dict[tuple[str, MentionKind], dict[str, str]] = defaultdict(dict)
    codes: dict[str, set[str]] = defaultdict(set)
    named: set[str] = set()
    towns = _Towns(register)
    for site in register.sites:
        for code in (site.code, *site.former_codes):
            codes[fold(code)].add(code)
        named.update(key for name in site.names for key in _spell(fold(name.text)))
        for name in (site.code, *site.former_codes, *(name.text for name in site.names)):
            for key in _spell(fold(name)):
                bearers[key, MentionKind.SITE][site.code] = name
        for town in towns.of(site):
            for key in _spell(fold(town)):
                bearers[key, MentionKind.TOWN][site.code] = town
    for (key, kind), names in bearers.items():
        if count_signs(key) >= MIN_SIGNS:
            edits = next((edits for chars, edits in _EDITS_FROM_CHARS if len(key) >= chars), 0)
            written = codes.get(key, ()) if kind is MentionKind.SITE and key not in named else ()
            yield _Entry(
                key=key,
                shown=next(iter(names.values())),
                kind=kind,
                site_codes=tuple(names),
                edits=edits,
                codes=tuple(sorted(written)),
            )


class _Towns:
    """The places in which sites lie and that tell them from other footage: what many share, such as a country, does not."""

    def __init__(self, register: Register) -> None:
        shares = Counter(key for site in register.sites for key in {fold(part) for part in _split_locality(site.locality)})
        most = max(1.0, _MAX_AREA_SHARE * len(register.sites))
        self._wide = {key for key, count in shares.items() if count > most}

    def of(self, site: ReferenceSite) -> list[str]:
        """The town, which stands first, and those of the areas around it that are not those of a good part of the register."""
        parts = _split_locality(site.locality)
        return parts[:1] + [part for part in parts[1:] if fold(part) not in self._wide]


@lru_cache(maxsize=4096)
def _split_locality(locality: str) -> list[str]:
    """Town, district and province as a register writes them in one cell, the finest first: `Bavet, Svay Rieng (border)`."""
    return [part.strip() for part in re.split(r"[,;/]", re.sub(r"\([^)]*\)", "", locality)) if part.strip()]


# Sites share their towns, and large registers the parts of their names.
@lru_cache(maxsize=4096)
def _spell(key: str) -> list[str]:
    """A folded name and its other romanisations."""
    spellings = [key]
    if _HAS_SPELLINGS.search(key) is None:
        return spellings
    for pair in _SPELLINGS:
        for old, new in (pair, pair[::-1]):
            spellings += [other for known in spellings if old in known and (other := known.replace(old, new)) not in spellings]
    return spellings[:_MAX_SPELLINGS]


def _index(entries: Sequence[_Entry]) -> dict[str, list[tuple[int, int]]]:
    """Whole names, and pieces of long ones: a text with k wrong letters holds at least one of k + 1 pieces unharmed."""
    index: dict[str, list[tuple[int, int]]] = defaultdict(list)
    pieces: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, entry in enumerate(entries):
        index[entry.key].append((number, _EXACT))
        if entry.edits:
            size = len(entry.key) // (entry.edits + 1)
            for offset in range(0, size * (entry.edits + 1), size):
                pieces[entry.key[offset : offset + size]].append((number, offset))
    for piece, uses in pieces.items():
        if len(uses) <= _MAX_SHARED:
            index[piece] += uses
    return index


def _compare(entry: _Entry, expected: int, folded: FoldedText) -> Iterator[_Match]:
    """The best stretch of whole words around a piece that is the name but for its slips; numbers must be the same."""
    best: _Match | None = None
    for start in range(max(0, expected - entry.edits), expected + entry.edits + 1):
        if start not in folded.starts:
            continue
        for end in range(start + len(entry.key) - entry.edits, start + len(entry.key) + entry.edits + 1):
            if end not in folded.ends or end > len(folded.text):
                continue
            stretch = folded.text[start:end]
            distance = OSA.distance(entry.key, stretch, score_cutoff=entry.edits)
            is_slip = 0 < distance <= entry.edits and _DIGITS.findall(stretch) == _DIGITS.findall(entry.key)
            if is_slip and (best is None or distance < best.edits):
                best = _Match(entry=entry, start=start, end=end, edits=distance)
    if best is not None:
        yield best


def _keep_longest(matches: Iterable[_Match]) -> list[_Match]:
    """Drop what overlaps a longer match, or one with fewer slips; one name of a site and a town stays both."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda match: (_EDIT_COST * match.edits - (match.end - match.start), match.start)):
        if all(_may_stand_with(match, other) for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _may_stand_with(match: _Match, other: _Match) -> bool:
    if match.end <= other.start or other.end <= match.start:
        return True
    is_same_place = (match.start, match.end, match.edits) == (other.start, other.end, other.edits)
    return is_same_place and match.entry is not other.entry


def _is_code_sound(match: _Match, text: str, folded: FoldedText) -> bool:
    """Whether a code that stands in a text with a gap in it is one: not a word before a number, and no part of a date."""
    if not match.entry.codes:
        return True
    start, end = folded.original_span(match.start, match.end)
    said = "".join(char for char in text[start:end] if unicodedata.category(char) != "Cf")
    gaps = _BREAK.findall(said)
    if not gaps:
        return True
    if not all(_CODE_JOINT.fullmatch(gap) for gap in gaps) or _DATE_BEHIND.match(text, end):
        return False
    letters = _BREAK.sub("", said)
    return not any(map(str.isspace, "".join(gaps))) or letters in {_BREAK.sub("", code) for code in match.entry.codes}


def _cut_out(matches: Iterable[_Match], text: str, folded: FoldedText) -> str:
    rest, done = [], 0
    for start, end in (folded.original_span(match.start, match.end) for match in matches):
        rest.append(text[done:start])
        done = max(done, end)
    return " ".join([*rest, text[done:]])


def _describe(match: _Match, text: str, folded: FoldedText, observation_id: str) -> Mention:
    start, end = folded.original_span(match.start, match.end)
    before = text[max(0, start - _CONTEXT_CHARS) : start]
    after = text[end : end + _CONTEXT_CHARS]
    context = f"{'…' if start > _CONTEXT_CHARS else ''}{before}«{text[start:end]}»{after}"
    return Mention(
        site_codes=match.entry.site_codes,
        kind=match.entry.kind,
        name=match.entry.shown,
        signs=count_signs(match.entry.key),
        edits=match.edits,
        context=" ".join(f"{context}{'…' if end + _CONTEXT_CHARS < len(text) else ''}".split()),
        observation_id=observation_id,
    )


def _texts_of(value: Value) -> list[str]:
    if isinstance(value, TextSnippet):
        return [value.text]
    return [value.name] if isinstance(value, PlaceClaim) and value.name else []
