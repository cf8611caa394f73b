"""The tool's own sentences in the language of a page.

Reports hold them in English. The English catalogue has each as a template (`said.<area>.<name>`), and what recurs in them as
parts (`part.<group>.<name>`); the catalogue of another language says the same under the same keys. What fits no template, or
more than one, is shown as it is and marked as English. Texts of files inside a sentence are never translated.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from markupsafe import Markup, escape

from geoverify.pages.catalogue import Catalogue, Message, load_catalogue
from geoverify.pages.phrases import FIGURES, AmbiguousError, Template, close_parts
from geoverify.text import escape_controls

ENGLISH = "en"
# The area of problems and of what is missing.
REMARK = "remark"
# Remarks name the field or block that they are about first; no such name has more colons than these.
MAX_PREFIXES = 4
# The tool says nothing longer, and remarks in remarks go no deeper than the stack.
MAX_SENTENCE_CHARS = 4096
# Libraries' own messages begin so; they may hold anything, and a sentence after them is not known to be the tool's.
_FOREIGN = re.compile(r"(?:Error|Exception|Warning)\Z")


def say(words: Catalogue, area: str, sentence: str) -> Markup:
    """A sentence of a report as HTML, in the catalogue's language where the catalogue has it, else in English and marked so."""
    said = None if words.language == ENGLISH else translate(words, area, sentence)
    if said is not None:
        return Markup('<bdi dir="{}">{}</bdi>').format(words.direction, said)
    lang = Markup("") if words.language == ENGLISH else Markup(' lang="en"')
    return Markup('<bdi dir="auto"{}>{}</bdi>').format(lang, escape_controls(sentence))


@lru_cache(maxsize=4096)
def translate(words: Catalogue, area: str, sentence: str) -> Markup | None:
    """A sentence in the catalogue's language; `None` where it is none of the area's, or could be more than one."""
    if len(sentence) > MAX_SENTENCE_CHARS:
        return None
    try:
        said = _render(words, f"said.{area}", sentence)
        if said is None and area == REMARK:
            return _render_about(words, sentence)
    except AmbiguousError:
        return None
    return said


def _render_about(words: Catalogue, sentence: str) -> Markup | None:
    """A remark that begins with what it is about."""
    found = [
        Markup(escape(words.messages["remark.about"])).format(subject=_quote(subject), remark=remark)  # noqa: S704 - escaped
        for subject, rest in _split_subject(sentence)
        if (remark := _render(words, f"said.{REMARK}", rest)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _split_subject(sentence: str) -> Iterator[tuple[str, str]]:
    """What a remark may be about, and the rest."""
    at = -2
    for _ in range(MAX_PREFIXES):
        at = sentence.find(": ", at + 2)
        if at < 0 or _FOREIGN.search(sentence[:at]):
            return
        yield sentence[:at], sentence[at + 2 :]


def _render(words: Catalogue, group: str, sentence: str) -> Markup | None:
    """The one reading of a sentence by the templates of a group; raises `AmbiguousError` where there are more."""
    readings = []
    for key, template in _templates()[group]:
        values = template.take_apart(sentence)
        if values is None:
            continue
        shown = {name: _show(words, template.kinds[name], value) for name, value in values.items()}
        if None not in shown.values():
            readings.append(_fill(words, words.messages[key], values, shown))
    if len(readings) > 1:
        raise AmbiguousError(sentence)
    return readings[0] if readings else None


def _fill(words: Catalogue, message: Message, values: dict[str, str], shown: dict[str, Markup | None]) -> Markup:
    text = message if isinstance(message, str) else words.choose(message, int(values["count"]))
    return Markup(escape(text)).format(**shown)  # noqa: S704 - both the catalogue's words and what is filled in are escaped


def _show(words: Catalogue, kind: str, value: str) -> Markup | None:
    """What stands in a place; `None` where it is no such part or figure after all."""
    if f"part.{kind}" in _templates():
        return _render(words, f"part.{kind}", value)
    if kind == REMARK:
        return translate(words, REMARK, value)
    if kind not in FIGURES:
        return _quote(value)
    try:
        return escape(_FIGURES[kind](words, value))
    except ValueError:
        return None


def _quote(text: str) -> Markup:
    """A text of a file or a register, which runs its own way and moves nothing around it."""
    return Markup('<bdi dir="auto">{}</bdi>').format(escape_controls(text)) if text else Markup("")


def _show_number(words: Catalogue, value: str) -> str:
    sign = "+" if value.startswith("+") else ""
    return sign + words.number(float(value), len(value.partition(".")[2])).replace("-", "\u2212")


def _show_distance(words: Catalogue, value: str) -> str:
    number, _, unit = value.partition(" ")
    return f"{_show_number(words, number)}\u00a0{unit}"


_FIGURES: dict[str, Callable[[Catalogue, str], str]] = {
    "int": lambda words, value: words.number(int(value)),
    "number": _show_number,
    "distance": _show_distance,
    "percent": lambda words, value: words.percent(int(value[:-1]) / 100),
    "day": lambda words, value: words.day(dt.date.fromisoformat(value)),
    "minute": lambda words, value: words.minute(dt.datetime.fromisoformat(value)),
    "moment": lambda words, value: words.moment(dt.datetime.fromisoformat(value)),
    "offset": lambda _, value: value.replace("-", "\u2212"),
}


@cache
def _templates() -> dict[str, list[tuple[str, Template]]]:
    """The English templates by area and by group of parts, each with its key."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for key, message in load_catalogue(ENGLISH).messages.items():
        if key.startswith(("said.", "part.")):
            # English often has one form where other languages have two.
            forms = [message] if isinstance(message, str) else dict.fromkeys(message.values())
            grouped.setdefault(key.rpartition(".")[0], []).extend((key, form) for form in forms)
    parts = {
        group.removeprefix("part."): [form for _, form in pairs] for group, pairs in grouped.items() if group.startswith("part.")
    }
    closed = close_parts(parts)
    return {group: [(key, Template(form, closed)) for key, form in pairs] for group, pairs in grouped.items()}
