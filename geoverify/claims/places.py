"""A place as somebody names it: a site's code, a name of the register's, or coordinates; what a name can mean is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from geoverify import geo
from geoverify.errors import MalformedError
from geoverify.location import error_radius_m
from geoverify.model import Position
from geoverify.places import ReferenceSite, Register
from geoverify.register.gazetteer import Gazetteer
from geoverify.results import Mention, MentionKind
from geoverify.settings import Settings
from geoverify.words.claims import find_positions
from geoverify.words.generic import find_other_words

_PAIR = re.compile(r"\s*([+-]?\d{1,2}(?:\.\d{1,12})?)\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*", re.ASCII)
# Two numbers and nothing but the signs and letters that coordinates are written with.
_LIKE_COORDINATES = re.compile(r"(?=(?:\D*\d){2})[\d\s.,;:/|()°º˚'’′\"”″+\-−NSEWnsew]+", re.ASCII)
_SHOWN_SITES = 8
# Positions in one text that lie farther apart than this are no two notations of one place.
_ONE_PLACE_M = 1000.0


class Place(Struct, frozen=True, kw_only=True):
    """A place as it was stated: the sites that it can mean, or a position with the error of its notation, or neither.

    `note` says what was made of a name; a name that the register does not know means nothing here.
    """

    text: str
    site_codes: tuple[str, ...] = ()
    position: Position | None = None
    error_m: float = 0.0
    note: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to compare footage with."""
        return bool(self.site_codes) or self.position is not None


class Atlas:
    """The register as claims are looked up in it."""

    def __init__(self, register: Register, settings: Settings) -> None:
        self.sites: Mapping[str, ReferenceSite] = {site.code: site for site in register.sites}
        self._former = {code: site.code for site in register.sites for code in site.former_codes}
        self._gazetteer = Gazetteer(register)
        self._settings = settings

    def find_code(self, code: str) -> Place:
        """The site of a code, present or former; raises `MalformedError` for one that the register does not have."""
        known = code if code in self.sites else self._former.get(code)
        if known is None:
            raise MalformedError(f"{code[:60]!r}: no site has this code; geoverify sites list shows all")
        return Place(text=code, site_codes=(known,), note="" if known == code else f"{code} is a former code of {known}")

    def find_position(self, position: Position, text: str) -> Place:
        """A position with the error of its notation, and the sites in which it lies."""
        error_m = error_radius_m(position, self._settings)[0]
        inside = [site.code for site in self.sites.values() if self.distance_m(site.code, position) <= error_m]
        note = f"lies in or beside {', '.join(inside[:_SHOWN_SITES])}" if inside else "lies at no listed site"
        return Place(text=text, position=position, error_m=error_m, note=note)

    def find_place(self, text: str) -> Place:
        """What a text means: coordinates in any notation, else the sites or towns of the names that it is made of.

        A text with more in it may mean another place, or deny this one: it is known only if nothing but generic words is left.
        Raises `MalformedError` for what can only be meant as coordinates and is none.
        """
        pair = _parse_pair(text)
        positions = [pair] if pair is not None else [found.position for found in find_positions(text)]
        if any(_apart_m(positions[0], other) > _ONE_PLACE_M for other in positions[1:]):
            return Place(text=text, note="not taken for a place: it has several positions in it; give the one that is meant")
        if positions:
            return self.find_position(positions[0], text)
        if text.strip() in self.sites or text.strip() in self._former:
            return self.find_code(text.strip())
        mentions, rest = self._gazetteer.search_with_rest(text)
        if not mentions and _LIKE_COORDINATES.fullmatch(text):
            raise MalformedError("the place is no position on earth; write latitude and longitude as in 11.0852, 106.1712")
        if not mentions:
            return Place(text=text, note="the register knows no place of this name: give a code, another name, or coordinates")
        best = max(mentions, key=lambda mention: (mention.kind is not MentionKind.TOWN, mention.signs, -mention.edits))
        if best.position is not None:
            return self.find_position(best.position, text)
        codes = set(best.site_codes).intersection(*(mention.site_codes for mention in mentions))
        if not codes or not self._is_whole(mentions, rest, codes):
            return Place(text=text, note=_describe_doubt(mentions))
        meant = tuple(sorted(codes))
        return Place(text=text, site_codes=meant, note=_describe(msgspec.structs.replace(best, site_codes=meant)))

    def _is_whole(self, mentions: Sequence[Mention], rest: str, codes: Iterable[str]) -> bool:
        """Whether the names are all that a text says, but for generic words and the country of the sites."""
        if not any(char.isalnum() for char in rest):
            return True
        # A name that is itself a generic word means a site only where it stands alone.
        is_named = any(find_other_words(mention.name) for mention in mentions)
        countries = {word for code in codes for word in find_other_words(self.sites[code].country)}
        return is_named and not set(find_other_words(rest)) - countries

    def distance_m(self, code: str, position: Position) -> float:
        """From a position to the site's edge or disc, 0 inside, less the error of its boundary."""
        site = self.sites[code]
        return max(0.0, geo.measure_to(site.footprint, position.lat_deg, position.lon_deg) - site.boundary_error_m)

    def zone_of(self, place: Place) -> str | None:
        """The time zone of a place: that of its sites or, for a position, of the nearest site within 50 km, where they agree."""
        codes = place.site_codes
        if not codes and place.position is not None:
            near = {code: self.distance_m(code, place.position) for code in self.sites}
            codes = tuple(code for code, distance_m in near.items() if distance_m <= _SAME_ZONE_M)
        zones = {self.sites[code].time_zone for code in codes}
        return zones.pop() if len(zones) == 1 else None


# Civil zones seldom change within so short a way, but across the borders on which many sites lie they do: then none is taken.
_SAME_ZONE_M = 50_000.0


def parse_pair(lat_text: str, lon_text: str) -> Position:
    """A position from two cells; raises `MalformedError` for what is none."""
    position = _parse_pair(f"{lat_text},{lon_text}")
    if position is None:
        raise MalformedError(f"{lat_text[:30]!r}, {lon_text[:30]!r} are no latitude and longitude in decimal degrees")
    return position


def _apart_m(one: Position, other: Position) -> float:
    return geo.measure(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)[0]


def _parse_pair(text: str) -> Position | None:
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    lat_deg, lon_deg = float(match[1]), float(match[2])
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0 or lat_deg == lon_deg == 0.0:
        return None
    decimals = max(len(part.partition(".")[2]) for part in match.groups())
    return Position(lat_deg=lat_deg, lon_deg=lon_deg, resolution_m=geo.METRES_PER_DEGREE * 10.0**-decimals)


def _describe_doubt(mentions: Sequence[Mention]) -> str:
    # Nothing of the text itself: in a statement it may name a person.
    found = dict.fromkeys(f"{mention.name} ({', '.join(mention.site_codes[:_SHOWN_SITES])})" for mention in mentions)
    return (
        f"not taken for a place: {', '.join(list(found)[:_SHOWN_SITES])} stands in it, beside words that may mean another place "
        "or the contrary; give the code (--site, or a column site), the name alone, or coordinates"
    )


def _describe(mention: Mention) -> str:
    slips = f", but for {mention.edits} letters" if mention.edits else ""
    codes = ", ".join(mention.site_codes[:_SHOWN_SITES])
    if mention.kind is MentionKind.TOWN:
        return f"taken as the town {mention.name}{slips}, where the register lists {codes}: any of them is meant"
    if len(mention.site_codes) > 1:
        return f"“{mention.name}”{slips} is ambiguous: it can mean {codes}; any of them is taken to be meant"
    return f"taken as {mention.name}{slips}, a name of {codes}"
