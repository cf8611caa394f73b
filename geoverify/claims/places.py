"""A place as somebody names it: a site's code, a name of the register's, or coordinates; what a name can mean is told."""

from __future__ import annotations

import re
from collections.abc import Mapping

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

_PAIR = re.compile(r"\s*([+-]?\d{1,2}(?:\.\d{1,12})?)\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*", re.ASCII)
# Two numbers and nothing but the signs and letters that coordinates are written with.
_LIKE_COORDINATES = re.compile(r"(?=(?:\D*\d){2})[\d\s.,;:/|()°º˚'’′\"”″+\-−NSEWnsew]+", re.ASCII)
_SHOWN_SITES = 8


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
        """What a text means: coordinates in any notation, else the site or town of the longest name in it.

        Raises `MalformedError` for what can only be meant as coordinates and is none.
        """
        position = _parse_pair(text) or next((found.position for found in find_positions(text)), None)
        if position is not None:
            return self.find_position(position, text)
        if text in self.sites or text in self._former:
            return self.find_code(text)
        mentions = self._gazetteer.search(text)
        if not mentions and _LIKE_COORDINATES.fullmatch(text):
            raise MalformedError("the place is no position on earth; write latitude and longitude as in 11.0852, 106.1712")
        if not mentions:
            return Place(text=text, note="the register knows no place of this name: give a code, another name, or coordinates")
        best = max(mentions, key=lambda mention: (mention.kind is not MentionKind.TOWN, mention.signs, -mention.edits))
        if best.position is not None:
            return self.find_position(best.position, text)
        return Place(text=text, site_codes=tuple(sorted(best.site_codes)), note=_describe(best))

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


def _parse_pair(text: str) -> Position | None:
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    lat_deg, lon_deg = float(match[1]), float(match[2])
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0 or lat_deg == lon_deg == 0.0:
        return None
    decimals = max(len(part.partition(".")[2]) for part in match.groups())
    return Position(lat_deg=lat_deg, lon_deg=lon_deg, resolution_m=geo.METRES_PER_DEGREE * 10.0**-decimals)


def _describe(mention: Mention) -> str:
    slips = f", but for {mention.edits} letters" if mention.edits else ""
    codes = ", ".join(mention.site_codes[:_SHOWN_SITES])
    if mention.kind is MentionKind.TOWN:
        return f"taken as the town {mention.name}{slips}, where the register lists {codes}: any of them is meant"
    if len(mention.site_codes) > 1:
        return f"“{mention.name}”{slips} is ambiguous: it can mean {codes}; any of them is taken to be meant"
    return f"taken as {mention.name}{slips}, a name of {codes}"
