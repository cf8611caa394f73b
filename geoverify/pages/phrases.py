"""Sentences taken apart by templates such as `fix {field} lies inside {what:outline}`: what stands in their places.

A template's places have kinds: figures and dates (`FIGURES`), parts that have templates of their own, and texts of any kind.
Texts come from files and may hold whatever a template says. A sentence that can be taken apart in two ways is therefore
refused, so that no text is ever read as the tool's own words. Matching never goes back: its time is linear in the sentence.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence

# Figures and dates as the tool writes them. Each is bounded in length, so that no run of digits is read twice.
FIGURES = {
    "int": r"\d{1,20}",
    "number": r"[+-]?\d{1,20}(?:\.\d{1,10})?",
    "distance": r"\d{1,9}(?:\.\d)? k?m",
    "percent": r"\d{1,3}%",
    "day": r"\d{4}-\d\d-\d\d",
    "minute": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    "moment": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "offset": r"[+-]\d\d:?\d\d",
}
# Texts that hold none of these, where two templates differ only by what follows a code or a name.
_CODE = (",", ";", ":", "(", ")", "“", "”")
BARRED = {
    "code": _CODE,
    "meant_code": (*_CODE, "another place than "),
    "name": ("“", "”", " (but for "),
    "clause": (";",),
    "thing": (", which",),
}


class AmbiguousError(ValueError):
    """A sentence can be taken apart by one template in more than one way."""


def parse_places(text: str) -> Iterator[tuple[str, str | None, str]]:
    """The words before each place, its name and its kind; at the end of a template the words alone."""
    for words, name, kind, _ in string.Formatter().parse(text):
        yield words, name, kind or ""


def close_parts(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Groups of parts that hold nothing but words and figures, each as one regular expression."""
    closed = {}
    for group, forms in groups.items():
        patterns = [_pattern_of(form) for form in forms]
        told = [pattern for pattern in patterns if pattern is not None]
        if len(told) == len(patterns):
            # The longest first: "matches", and not the "match" in it.
            closed[group] = f"(?:{'|'.join(sorted(told, key=len, reverse=True))})"
    return closed


def _pattern_of(form: str) -> str | None:
    """A form as a regular expression; `None` where a place of it takes any text."""
    pattern = ""
    for words, name, kind in parse_places(form):
        pattern += re.escape(words)
        if name is not None:
            if kind not in FIGURES:
                return None
            pattern += f"(?:{FIGURES[kind]})"
    return pattern


class Template:
    """One template; `closed` has the regular expressions of parts that hold no text of files."""

    def __init__(self, text: str, closed: Mapping[str, str]) -> None:
        self.text = text
        self.kinds: dict[str, str] = {}
        # The longest words of it: where they are missing, nothing else needs to be looked at.
        self._words = ""
        self._holes: list[str] = []
        segments = [""]
        for words, name, kind in parse_places(text):
            segments[-1] += re.escape(words)
            self._words = max(self._words, words, key=len)
            if name is None:
                continue
            self.kinds[name] = kind
            pattern = FIGURES.get(kind) or closed.get(kind)
            is_after_text = bool(self._holes) and not segments[-1]
            if is_after_text:
                raise ValueError(f"{text}: no words tell where {name} begins")
            if pattern is not None:
                segments[-1] += f"(?P<{name}>{pattern})"
            else:
                self._holes.append(name)
                segments.append("")
        self._segments = [re.compile(segment, re.ASCII) for segment in segments[:-1]]
        self._segments.append(re.compile(f"{segments[-1]}\\Z", re.ASCII))

    def take_apart(self, sentence: str) -> dict[str, str] | None:
        """What stands in the places; `None` where it does not fit, and `AmbiguousError` where it fits in two ways."""
        found = self._find(sentence) if self._words in sentence else None
        if found is None:
            return None
        if self._has_other_way(sentence, found):
            raise AmbiguousError(self.text)
        values = {name: value for match in found for name, value in match.groupdict().items()}
        for name, before, after in zip(self._holes, found[:-1], found[1:], strict=True):
            values[name] = sentence[before.end() : after.start()]
            if any(sign in values[name] for sign in BARRED.get(self.kinds[name], ())):
                return None
        return values

    def _find(self, sentence: str) -> list[re.Match[str]] | None:
        """Where the words and figures between the texts stand, each as far to the left as it can."""
        match = self._segments[0].match(sentence)
        found = []
        for segment in self._segments[1:]:
            if match is None:
                return None
            found.append(match)
            match = segment.search(sentence, match.end())
        return None if match is None else [*found, match]

    def _has_other_way(self, sentence: str, found: Sequence[re.Match[str]]) -> bool:
        """Whether some of them could stand further to the right as well."""
        end = len(sentence)
        for segment, match in zip(reversed(self._segments[1:]), reversed(found[1:]), strict=True):
            if match.start() < end and segment.search(sentence, match.start() + 1, end) is not None:
                return True
            end = match.start()
        return False
