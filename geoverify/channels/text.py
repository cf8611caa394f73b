"""Text: what captions, tags, file names and place names say of the place, as one witness's word (docs/reasoning.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geoverify import geo
from geoverify.channels._fix import distances_to
from geoverify.interfaces import Scene
from geoverify.location import error_radius_m
from geoverify.model import Observation, PlaceClaim, Position, TextSnippet, Track, Value
from geoverify.places import ReferenceSite
from geoverify.results import WORDS_GROUP, Basis, Candidate, Direction, Evidence, Mention, MentionKind
from geoverify.settings import Settings

# Words around a match that an explanation shows at most.
_MAX_QUOTE_CHARS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A place that the words name: the sites that it can mean, those that it leaves open, and the chance of a coincidence.

    `is_sign` says that the words stand in the scene that is filmed, where no uploader wrote them.
    """

    said: str
    site_codes: frozenset[str]
    open_codes: frozenset[str] = frozenset()
    is_town: bool = False
    is_sign: bool = False
    chance: float = 0.0
    observation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Circumstance:
    """How often a site's name comes with other footage: by wrong captions, and rightly, because it was shot beside the site.

    `other` is the share of other footage that rightly goes by the name of another listed place.
    """

    rumour: float
    beside: float
    other: float


class TextChannel:
    """Weighs the words that came with the footage or stand in it; whoever wrote them, they are one witness.

    It is no stronger than an uploader, and signs in the scene are weaker still.
    """

    name = "text"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each candidate, for or against it, where the words name a place of the register."""
        if not candidates:
            return
        sites = [scene.sites[candidate.site_code] for candidate in candidates]
        places = _merge([*_named(scene), *_pointed_at(sites, scene)])
        near_count = sum(_is_near(candidate, scene.settings) for candidate in candidates)
        for candidate, site in zip(candidates, sites, strict=True):
            yield from _weigh_site(site, places, _circumstance(candidate, near_count, scene), scene)


CHANNEL = TextChannel()


def _named(scene: Scene) -> Iterator[_Place]:
    frames = {item.id: item.value.seen for item in scene.values_of(TextSnippet) if item.value.seen is not None}
    for mention in scene.mentions:
        if mention.kind is not MentionKind.PLUS_CODE:
            seen = frames.get(mention.observation_id)
            chance = _chance_of(mention, scene.settings)
            yield _Place(
                said=_quote(mention, scene),
                site_codes=frozenset(mention.site_codes),
                is_town=mention.kind is MentionKind.TOWN,
                is_sign=seen is not None and not seen.overlaid,
                # What was misread stands nowhere.
                chance=chance if seen is None else 1.0 - (1.0 - chance) * seen.confidence,
                observation_id=mention.observation_id,
            )


def _chance_of(mention: Mention, settings: Settings) -> float:
    """How often a name stands in a text and does not mean the place: the shorter and the more misspelled, the more often."""
    by_length: float = 0.5 ** (max(0, mention.signs - settings.name_free_signs) / settings.name_halving_signs)
    by_spelling: float = 0.5**mention.edits
    return 1.0 - (1.0 - by_length) * by_spelling


def _quote(mention: Mention, scene: Scene) -> str:
    field = next((item.provenance.field for item in scene.observations if item.id == mention.observation_id), "words")
    slips = f" (but for {mention.edits} letters)" if mention.edits else ""
    return f"{field} names {mention.name}{slips}: “{mention.context[:_MAX_QUOTE_CHARS]}”"


def _pointed_at(sites: Sequence[ReferenceSite], scene: Scene) -> Iterator[_Place]:
    """The places of coordinates in words; those that only repeat a fix of the file say nothing of their own."""
    fixes = _fixes_of(scene.observations)
    for said, position, observation_id in _positions(scene):
        if any(_repeats(position, fix) for fix in fixes):
            continue
        radius_m = error_radius_m(position, scene.settings)[0]
        distances = {site.code: float(distances_to(site, [position])[0]) for site in sites}
        # Coordinates in one site do not mean its neighbour too.
        near_m = max(scene.settings.words_near_m, radius_m) if min(distances.values()) > radius_m else radius_m
        far_m = scene.settings.candidate_radius_m + radius_m
        yield _Place(
            said=said,
            site_codes=frozenset(code for code, distance_m in distances.items() if distance_m <= near_m),
            open_codes=frozenset(code for code, distance_m in distances.items() if near_m < distance_m <= far_m),
            observation_id=observation_id,
        )


def _positions(scene: Scene) -> Iterator[tuple[str, Position, str]]:
    for item in scene.values_of(PlaceClaim):
        if item.value.position is not None:
            yield f"{item.provenance.field} gives “{item.provenance.raw[:_MAX_QUOTE_CHARS]}”", item.value.position, item.id
    for mention in scene.mentions:
        if mention.position is not None:
            yield f"the short Plus Code {mention.name}", mention.position, mention.observation_id


def _fixes_of(observations: Sequence[Observation[Value]]) -> list[Position]:
    tracks = [item.value for item in observations if isinstance(item.value, Track)]
    fixes = [item.value for item in observations if isinstance(item.value, Position)]
    return fixes + [point.position for track in tracks for point in track.points[:1]]


def _repeats(position: Position, fix: Position) -> bool:
    distance_m, _ = geo.measure(position.lat_deg, position.lon_deg, fix.lat_deg, fix.lon_deg)
    return distance_m <= max(position.resolution_m or 0.0, fix.resolution_m or 0.0, 1.0)


def _merge(places: Sequence[_Place]) -> list[_Place]:
    """One place for each that is named, by its least doubtful name; a town beside one of its own sites is no second place."""
    best: dict[tuple[frozenset[str], bool], _Place] = {}
    for place in sorted(places, key=lambda place: (place.is_sign, place.chance)):
        best.setdefault((place.site_codes, place.is_town), place)
    finer = [place for place in best.values() if not place.is_town]
    return finer + [
        town
        for town in best.values()
        if town.is_town and not any(place.site_codes & town.site_codes for place in _beside(town, finer))
    ]


def _beside(place: _Place, places: Sequence[_Place]) -> list[_Place]:
    """The places that bear on what one means: a sign takes nothing from what somebody wrote."""
    return [other for other in places if place.is_sign or not other.is_sign]


def _is_near(candidate: Candidate, settings: Settings) -> bool:
    return candidate.distance_m is not None and candidate.distance_m <= settings.candidate_radius_m


def _circumstance(candidate: Candidate, near_count: int, scene: Scene) -> _Circumstance:
    """Where a fix lies near, wrong captions name the sites there, and right ones too for what is shot right beside them."""
    settings = scene.settings
    rumour = max(settings.rumour_share, 1.0 / len(scene.register.sites))
    if candidate.distance_m is None or not _is_near(candidate, settings):
        return _Circumstance(rumour=rumour, beside=0.0, other=1.0)
    beside = settings.beside_named_share if candidate.distance_m <= settings.words_near_m else 0.0
    # Whoever is wrong there names a site that is near, and cannot name all of them at once.
    return _Circumstance(rumour=max(rumour, 1.0 / near_count), beside=beside, other=settings.same_town_share)


def _weigh_site(site: ReferenceSite, places: Sequence[_Place], where: _Circumstance, scene: Scene) -> Iterator[Evidence]:
    meant = [place for place in places if site.code in place.site_codes]
    # Signs name other places all the time: where a road leads, a branch, a brand.
    others = [place for place in places if site.code not in place.site_codes | place.open_codes and not place.is_sign]
    if not meant and not others:
        return
    settings = scene.settings
    error_rate = settings.uploader_error_rate
    # The fewer wrong captions mean this site, the more mean others: each ratio takes the share that accuses less.
    spread = max(settings.rumour_share, 1.0 / len(scene.register.sites))
    lowest, highest = _against(0.0, where.other, error_rate, spread), _in_favour(0.0, where.beside, error_rate, where.rumour)
    if meant:
        # Where a name is shared, or several places are named, each is meant in its share of the cases.
        log10_lr, place = max(
            ((_weigh_place(place, len(_beside(place, places)), where, settings), place) for place in meant),
            key=lambda pair: pair[0],
        )
        judged = _judge(site, place, len(_beside(place, places)))
    else:
        place = min(others, key=lambda place: place.chance)
        log10_lr = _against(place.chance, where.other, error_rate, spread)
        judged = f"that is another place than {site.code}"
    yield Evidence(
        channel=CHANNEL.name,
        site_code=site.code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=round(lowest, 4),
        max_log10_lr=round(highest, 4),
        basis=Basis.ASSUMED,
        dependence_group=WORDS_GROUP,
        finding=Direction.of(log10_lr),
        explanation=f"{place.said}; {judged}",
        observation_ids=(place.observation_id,),
    )


def _judge(site: ReferenceSite, place: _Place, place_count: int) -> str:
    if place.is_town:
        judged = f"{site.code} lies in that town or area"
    elif len(place.site_codes) > 1:
        judged = f"{site.code} is one of {len(place.site_codes)} sites that this can mean"
    else:
        judged = f"that is {site.code}"
    return judged if place_count == 1 else f"{judged}, one of {place_count} places named"


def _doubt(place: _Place, place_count: int) -> float:
    sharing = 1 if place.is_town else len(place.site_codes)
    return 1.0 - (1.0 - place.chance) / (sharing * place_count)


def _weigh_place(place: _Place, place_count: int, where: _Circumstance, settings: Settings) -> float:
    error_rate = settings.sign_error_rate if place.is_sign else settings.uploader_error_rate
    return _in_favour(_doubt(place, place_count), _also_elsewhere(place, where, settings), error_rate, where.rumour)


def _also_elsewhere(place: _Place, where: _Circumstance, settings: Settings) -> float:
    """The share of other footage like this of which the words are right as well."""
    return max(settings.same_town_share if place.is_town else 0.0, where.beside)


def _in_favour(chance: float, also_elsewhere: float, error_rate: float, rumour: float) -> float:
    """The ratio for a site that is named: at the site by who is right, elsewhere by who is wrong, at both by chance.

    `also_elsewhere` is the share of other footage of which the words would be right too.
    """
    at_site = (1.0 - error_rate) * (1.0 - chance) + chance
    elsewhere = ((1.0 - error_rate) * also_elsewhere + error_rate * rumour) * (1.0 - chance) + chance
    return math.log10(at_site / elsewhere)


def _against(chance: float, other: float, error_rate: float, rumour: float) -> float:
    """The ratio for a site where another place is named: at the site by who is wrong, elsewhere by who is wrong or right.

    `other` is the share of other footage that rightly goes by the name of another listed place: near a fix it is smaller, since
    far from there a name is wrong, whether the camera stood at the site or beside it.
    """
    at_site = error_rate * (1.0 - chance) + chance
    elsewhere = ((1.0 - error_rate) * other + error_rate * (1.0 - rumour)) * (1.0 - chance) + chance
    return min(0.0, math.log10(at_site / elsewhere))
