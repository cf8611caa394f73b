"""Templates, styles and scripts of a page, and the policy that lets nothing else run or load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from geoverify.pages.sentences import say
from geoverify.pages.wording import name_value, word_value
from geoverify.score import show_score
from geoverify.text import escape_controls, escape_json

_FOLDER = resources.files(__package__)
_STYLES = ("page.css", "print.css")
_LEAFLET = "vendor/leaflet"
# Where debuggers would look for a source map; the page has none.
_SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\s*$")


@cache
def environment() -> Environment:
    """The template engine: everything that is not a template's own text is escaped, and control and bidi characters are shown."""
    engine = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    engine.filters["cut"] = _cut
    engine.globals |= {"show_score": show_score, "name_value": name_value, "word_value": word_value, "say": say}
    return engine


def read_style(*, has_map: bool) -> Markup:
    """The page's style sheet as one text."""
    names = [*_STYLES, *((f"{_LEAFLET}/leaflet.css", "map.css") if has_map else ())]
    return Markup("\n".join(_read(name if "/" in name else f"static/{name}") for name in names))  # noqa: S704 - our own files


def read_scripts() -> list[Markup]:
    """The map library with its licence, and the page's own script."""
    licence = _read(f"{_LEAFLET}/LICENSE")
    library = _SOURCE_MAP.sub("", _read(f"{_LEAFLET}/leaflet.js"))
    names = sorted(entry.name for entry in (_FOLDER / "static" / "js").iterdir() if entry.name.endswith(".js"))
    own = "\n".join(_read(f"static/js/{name}") for name in names)
    return [Markup(f"/*\n{licence}*/\n{library}"), Markup(f'"use strict";\n{own}')]  # noqa: S704 - our own files


def make_policy(style: str, scripts: Iterable[str], tiles_origin: str | None) -> str:
    """A Content-Security-Policy under which only these very texts apply, and nothing is fetched but tiles from one host."""
    run = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    images = " ".join(filter(None, ("data:", tiles_origin)))
    parts = (
        "default-src 'none'",
        f"script-src {run}",
        f"style-src 'sha256-{_digest(style)}'",
        f"img-src {images}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(parts)


def embed_json(value: Any) -> Markup:
    """A value as JSON for a script element: nothing in it can end the element or start a tag."""
    return htmlsafe_json_dumps(value, dumps=_encode)


def _encode(value: Any) -> str:
    return escape_json(msgspec.json.encode(value)).decode()


def _finalize(value: Any) -> Any:
    return escape_controls(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8").replace("\r\n", "\n")
