"""A case as one HTML file, or as a folder with an index and a page a file."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from geoverify import __version__
from geoverify.errors import UsageError
from geoverify.media import display_path
from geoverify.pages.basemap import Basemap
from geoverify.pages.catalogue import Catalogue
from geoverify.pages.engine import embed_json, environment, make_policy, read_scripts, read_style
from geoverify.pages.logbook import Logbook
from geoverify.pages.outlines import Outlines
from geoverify.pages.overview import VERDICTS, Overview
from geoverify.pages.sections import FindPicture, Picture, Section, make_section
from geoverify.pages.timeline import draw_timeline
from geoverify.results import Report, VerdictKind
from geoverify.text import escape_controls

# Sections up to this many characters together stand in the page as they are, to be read and printed without scripts; more
# are packed, which makes 5,000 files a tenth of the size.
MAX_PLAIN_CHARS = 6_000_000
# Sections in a pack: few enough to be unpacked at once, enough to share what they have in common.
PER_PACK = 20
INDEX_NAME, FILES_NAME = "index.html", "files"
# In a copy to pass on, what is not told is not called absent.
_OF_COPIES = {"map.none": "copy.map_none", "filter.no_position": "copy.no_position"}
_SCRIPT_KEYS = ("map.", "filter.", "list.", "file.", "short.", "word.", "kind.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is said of the case as a whole; `tiles` is the address of background tiles, which only its user can ask for.

    A page to pass on `is_copy`: its reports are shared copies, and the case has no name.
    """

    name: str
    title: str
    made_at: dt.datetime
    sentences: tuple[str, ...] = ()
    tiles: str | None = None
    basemap: Basemap | None = None
    is_copy: bool = False

    @property
    def tiles_host(self) -> str | None:
        """The host that background tiles come from."""
        return urlsplit(self.tiles).hostname if self.tiles else None

    @property
    def tiles_origin(self) -> str | None:
        """The source that the page's policy has to let through."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.tiles)) if self.tiles else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a page's content comes from: the reports in their order, with the files' paths, and what goes with them."""

    paths: Sequence[Path]
    reports: Iterable[Report]
    outlines: Outlines
    book: Logbook
    take_pictures: Callable[[Path, Report], tuple[Picture, ...]] | None = None
    find_picture: FindPicture | None = None


def render_page(case: Case, source: Source, words: Catalogue) -> str:
    """The whole case as one HTML file."""
    overview = Overview()
    fragments = [_render_section(case, section, words, len(source.paths)) for section in _sections(source, overview)]
    packs: list[str] = []
    per_pack = PER_PACK
    if sum(map(len, fragments)) > MAX_PLAIN_CHARS:
        packs = [_pack(fragments[start : start + per_pack]) for start in range(0, len(fragments), per_pack)]
        fragments = []
    data = _describe(case, source, overview, words) | {"folder": ""}
    context = _overview_context(case, source, overview, words, data)
    return (
        environment()
        .get_template("page.html")
        .render(**context, has_sections=True, fragments=fragments, packs=packs, per_pack=per_pack)
    )


def write_folder(case: Case, source: Source, words: Catalogue, folder: Path) -> int:
    """Write an index and a page a file into a new folder; returns how many bytes.

    Raises `UsageError` where the folder is there already or cannot be written; what a failed try wrote is then left as `.part`.
    """
    shown = escape_controls(str(folder))
    part = folder.with_name(f"{folder.name}.part")
    overview = Overview()
    total = len(source.paths)
    digits = max(4, len(str(total)))
    style = read_style(has_map=False)
    size = 0
    try:
        if folder.exists():
            raise FileExistsError
        (part / FILES_NAME).mkdir(parents=True)
        template = environment().get_template("file_page.html")
        for section in _sections(source, overview):
            text = template.render(
                **_context(case, words),
                section=section,
                total=total,
                style=style,
                policy=make_policy(style, (), None),
                previous=_page_name(section.number - 1, digits) if section.number > 1 else "",
                next=_page_name(section.number + 1, digits) if section.number < total else "",
            )
            size += _write(part / FILES_NAME / _page_name(section.number, digits), text, is_private=not case.is_copy)
        data = _describe(case, source, overview, words) | {"folder": FILES_NAME, "digits": digits}
        context = _overview_context(case, source, overview, words, data)
        page = environment().get_template("page.html").render(**context, has_sections=False, fragments=[], packs=[], per_pack=0)
        size += _write(part / INDEX_NAME, page, is_private=not case.is_copy)
        part.rename(folder)
    except FileExistsError as error:
        raise UsageError(f"{shown}: is there already (or {shown}.part is); name a folder that is not") from error
    except OSError as error:
        raise UsageError(f"{shown}: cannot be written ({error.strerror}); make room or choose another place") from error
    return size


def _write(path: Path, text: str, *, is_private: bool) -> int:
    data = text.encode("utf-8")
    # What a report tells is as sensitive as the case: only its owner may read a new one.
    rights = 0o600 if is_private else 0o666
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights), "wb") as file:
        file.write(data)
    return len(data)


def _page_name(number: int, digits: int) -> str:
    return f"{number:0{digits}d}.html"


def _sections(source: Source, overview: Overview) -> Iterator[Section]:
    """Gather one section after the other, counting each in the overview."""
    names = _shorten([str(path) for path in source.paths])
    for number, (path, report) in enumerate(zip(source.paths, source.reports, strict=True), start=1):
        name = names[number - 1]
        pictures = source.take_pictures(path, report) if source.take_pictures else ()
        section = make_section(
            report, number, name, os.fsencode(path).hex(), source.outlines, source.book, pictures, source.find_picture
        )
        overview.add(report, escape_controls(name), is_decided=bool(section.judgements), is_disputed=section.is_disputed)
        yield section


def _shorten(paths: Sequence[str]) -> list[str]:
    """The paths from the folder that all of them share."""
    levels = zip(*(PurePath(path).parent.parts for path in paths), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    return [display_path(Path(*PurePath(path).parts[shared:]))[0] for path in paths]


def _render_section(case: Case, section: Section, words: Catalogue, total: int) -> Markup:
    template = environment().get_template("copy.html" if case.is_copy else "file.html")
    text = template.render(**_context(case, words), section=section, total=total)
    return Markup(text)  # noqa: S704 - the template escaped it


def _pack(fragments: Sequence[str]) -> str:
    """Some sections compressed, as text that a script element can hold; the same sections give the same text."""
    return base64.b64encode(gzip.compress("".join(fragments).encode("utf-8"), 6, mtime=0)).decode()


def _context(case: Case, words: Catalogue) -> dict[str, Any]:
    return {"case": case, "words": words, "version": __version__}


def _describe(case: Case, source: Source, overview: Overview, words: Catalogue) -> dict[str, Any]:
    messages = {key: text for key, text in words.messages.items() if key.startswith(_SCRIPT_KEYS)}
    if case.is_copy:
        messages |= {key: words.messages[copied] for key, copied in _OF_COPIES.items()}
    return {
        **overview.describe(),
        "outlines": source.outlines.describe(overview.weighed_codes),
        "words": messages,
        "locale": words.locale,
    }


def _overview_context(case: Case, source: Source, overview: Overview, words: Catalogue, data: dict[str, Any]) -> dict[str, Any]:
    style, scripts = read_style(has_map=True), read_scripts()
    return {
        **_context(case, words),
        "overview": overview,
        "book": source.book,
        "total": len(source.paths),
        "verdicts": VERDICTS,
        "named_kinds": (VerdictKind.CONSISTENT, VerdictKind.AMBIGUOUS),
        "timeline": draw_timeline(overview.bars(), words),
        "missing_registers": source.outlines.missing,
        "outline_counts": (len(data["outlines"]), len(source.outlines.sites)),
        "data": embed_json({**data, "tiles": case.tiles, "basemap": case.basemap.describe() if case.basemap else None}),
        "style": style,
        "scripts": scripts,
        "policy": make_policy(style, scripts, case.tiles_origin),
    }
