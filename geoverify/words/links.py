"""Positions in links to maps, read from the link alone: nothing is opened, so short links and what3words stay unresolved."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

from geoverify.words.coordinates import DEGREE_M, Found, find_coordinates, make_position, step_of, tidy

# An apostrophe is a legal sign of a URL (RFC 3986 §2.2), which Google writes for minutes; at its end it is a quotation mark.
# Seconds stand bare where a browser shows the address decoded.
_LINK = re.compile(
    r"(?:https?://|\b)(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10}(?::\d{1,5})?/(?:[^\s<>\"'«»]|'(?=[\d%/+\"!])|\"(?=[nsewđbt][+,/%\d])){1,1000}"
    r"|\bgeo:[^\s<>\"']{3,200}",
    re.IGNORECASE,
)
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,15})?)"
_PAIR = re.compile(rf"^(?:loc:|point\.)?\s*{_NUMBER}[,~_\s]\s*{_NUMBER}(?![\d.])")
# A place's own pin, and the middle of the map that was on the screen.
_PIN = re.compile(rf"!3d{_NUMBER}!4d{_NUMBER}")
_VIEW = re.compile(rf"/@{_NUMBER},{_NUMBER}(?:,(\d{{1,2}}(?:\.\d{{1,6}})?)z)?")
_PATH_PAIR = re.compile(rf"/(?:search|place|dir(?:/[^/]{{0,200}})?)/{_NUMBER},\s*{_NUMBER}(?![\d.])")
# What was searched for, in words, such as `11°04'40.8"N+106°10'11.3"E`.
_PATH_WORDS = re.compile(r"/(?:search|place)/([^/]{1,200})")
_OSM_VIEW = re.compile(rf"map=(\d{{1,2}}(?:\.\d{{1,6}})?)/{_NUMBER}/{_NUMBER}")
# Three words of any script, in a link perhaps escaped and behind a language; Chinese and Japanese have a full stop of their own.
_WORD = r"[^\W\d_][^\s./?#&,;:!<>()\[\]\"'«»。・]{1,90}"
_WHAT3WORDS = re.compile(
    rf"(?:(?<![\w:/])///|\b(?:what3words\.com|w3w\.co)/(?:[a-z]{{2,3}}(?:-[a-z]{{2,4}})?/)?)({_WORD}(?:[.。・]{_WORD}){{2}})(?![.。・]\w)",
    re.IGNORECASE,
)
# Short links, and those that name a place by its number in the maker's own list.
_SHORT_LINK = re.compile(
    r"(?<![\w.-])(?:(?:maps\.app\.goo\.gl|goo\.gl/maps|g\.co/(?:maps|kgs)|g\.page|share\.google|osm\.org/go|binged\.it|maps\.apple\.com/p"
    r"|maps\.apple/p)/[\w~.-]{1,80}(?:/[\w~-]{1,40}){0,2}"
    r"|(?:maps\.|www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?/(?:maps/?)?(?:place/)?\?[^\s<>\"«»]{0,300}?\b(?:cid=|ftid=|q=place_id:|query_place_id=)"
    r"[\w:-]{2,80}[^\s<>\"«»]{0,300})",
    re.IGNORECASE,
)
# A screen of 1,000 px at zoom 0 spans 156.5 km a pixel on the equator (the tiling of OpenStreetMap and Google).
_METRES_PER_PIXEL = 156_543.0
_HALF_SCREEN_PX = 500.0
_DEFAULT_ZOOM = 15.0
_GOOGLE_KEYS = ("q", "query", "ll", "destination", "daddr", "center", "viewpoint", "sll")
_APPLE_KEYS = ("coordinate", "ll", "q", "daddr", "address", "center", "sll")
_BING_KEYS = ("sp", "where1", "q", "cp")
# These give the middle of a view, not a place that was pointed at.
_VIEW_KEYS = frozenset(("center", "viewpoint", "sll", "cp"))


def find_links(text: str) -> Iterator[Found]:
    """Yield the position of each map link in a text: of its pin, or else of its view with half a screen as error."""
    if "/" not in text and "geo:" not in text.lower():
        return
    for match in _LINK.finditer(text):
        found = _read_link(match[0])
        if found is not None:
            yield found


def find_unresolved(text: str) -> list[str]:
    """Return the what3words addresses and short links in a text: only their makers' servers know where they lead."""
    if "/" not in text:
        return []
    words = [f"///{match[1].rstrip('.')}" for match in _WHAT3WORDS.finditer(_unescape(text))]
    links = [match[0].rstrip(".,;:!?)") for match in _SHORT_LINK.finditer(text) if _read_link(match[0]) is None]
    return words + links


def _unescape(text: str) -> str:
    return unquote(text) if "%" in text else text


def _read_link(link: str) -> Found | None:
    if link.lower().startswith("geo:"):
        return _make(_PAIR.match(link[4:]), link, "geo link")
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower()
        query = {key: unquote(values[0]) for key, values in parse_qs(parts.query, max_num_fields=50).items()}
    except ValueError:
        return None
    if re.search(r"(?:^|\.)google\.[a-z.]{2,6}$", host) and (host.startswith("maps.") or parts.path.startswith("/maps")):
        path = unquote(parts.path)
        pin = _PIN.search(path) or _PATH_PAIR.search(path)
        return (
            _make(pin, link, "Google Maps link")
            or _read_query(query, _GOOGLE_KEYS, link, "Google Maps link")
            or _read_words(path, query, link, "Google Maps link")
            or _view(_VIEW.search(path), link, "Google Maps link")
        )
    if re.search(r"(?:^|\.)(?:openstreetmap\.org|osm\.org)$", host):
        marker = _PAIR.match(f"{query.get('mlat', '')},{query.get('mlon', '')}")
        view = _OSM_VIEW.search(parts.fragment)
        return _make(marker, link, "OpenStreetMap link") or (
            _make_view(view[2], view[3], view[1], link, "OpenStreetMap link") if view else None
        )
    if host == "maps.apple.com":
        return _read_query(query, _APPLE_KEYS, link, "Apple Maps link")
    if re.search(r"(?:^|\.)bing\.com$", host) and parts.path.startswith("/maps"):
        return _read_query(query, _BING_KEYS, link, "Bing Maps link")
    return None


def _read_query(query: dict[str, str], keys: tuple[str, ...], link: str, notation: str) -> Found | None:
    for key in keys:
        match = _PAIR.match(query.get(key, ""))
        if match is not None:
            zoom = query.get("lvl") or query.get("z") or ""
            found = _make_view(match[1], match[2], zoom, link, notation) if key in _VIEW_KEYS else _make(match, link, notation)
            if found is not None:
                return found
    return None


def _read_words(path: str, query: dict[str, str], link: str, notation: str) -> Found | None:
    match = _PATH_WORDS.search(path)
    for words in (match[1] if match else "", query.get("q", ""), query.get("query", "")):
        for found in find_coordinates(tidy(words.replace("+", " "))):
            return replace(found, raw=link, notation=notation)
    return None


def _view(match: re.Match[str] | None, link: str, notation: str) -> Found | None:
    return _make_view(match[1], match[2], match[3] or "", link, notation) if match else None


def _make_view(lat: str, lon: str, zoom: str, link: str, notation: str) -> Found | None:
    level = float(zoom) if re.fullmatch(r"\d{1,2}(?:\.\d{1,6})?", zoom) else _DEFAULT_ZOOM
    error_m = _HALF_SCREEN_PX * _METRES_PER_PIXEL * math.cos(math.radians(min(abs(float(lat)), 85.0))) / 2.0**level
    position = make_position(float(lat), float(lon), max(step_of(lat), step_of(lon)) * DEGREE_M, error_m)
    return Found(position=position, raw=link, notation=f"{notation}, middle of its view") if position is not None else None


def _make(match: re.Match[str] | None, link: str, notation: str) -> Found | None:
    if match is None:
        return None
    resolution_m = max(step_of(match[1]), step_of(match[2])) * DEGREE_M
    position = make_position(float(match[1]), float(match[2]), resolution_m)
    return Found(position=position, raw=link, notation=notation) if position is not None else None
