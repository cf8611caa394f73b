"""Several registers as one: a place that two of them list is weighed once, and what was left out is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

import shapely
from msgspec.structs import replace

from geoverify.places import ReferenceSite, Register, RegisterInfo
from geoverify.register.geometry import distance_m

# Two editions of one register moved points by up to 1 km: the same code within twice that is the same place.
SAME_PLACE_M = 2_000.0
_SHOWN_CODES = 5


def merge_registers(registers: Sequence[Register]) -> Register:
    """Merge registers of one file each, first named first; codes are unique in the result.

    The same file twice counts once. A code that two registers share is one place where they are editions of one register (the
    same title) or their sites lie within `SAME_PLACE_M`: the site of the register named first stays. Otherwise these are two
    places, and each code gets `@` and the name of its file. Notes say both. The region is the union of those stated.
    """
    unique = list({register.infos[0].digest: register for register in reversed(registers)}.values())[::-1]
    if len(unique) == 1:
        return unique[0]
    notes: list[str] = []
    kept: list[tuple[ReferenceSite, ...]] = []
    places: defaultdict[str, list[ReferenceSite]] = defaultdict(list)
    for register in unique:
        left_out = [site.code for site in register.sites if any(_is_same_place(site, other) for other in _sharing(site, places))]
        if left_out:
            notes.append(_describe_left_out(left_out, register.infos[0]))
        gone = set(left_out)
        new = tuple(site for site in register.sites if site.code not in gone)
        for site in new:
            for code in (site.code, *site.former_codes):
                places[code].append(site)
        kept.append(new)
    counts = Counter(site.code for sites in kept for site in sites)
    shared = {code for code, count in counts.items() if count > 1}
    if shared:
        notes.append(
            f"{_list_codes(sorted(shared))}: codes of places far apart in two registers; each now carries @ and its file"
        )
    names = _name_files([register.infos[0] for register in unique])
    sites = tuple(_qualify(site, shared, name) for name, group in zip(names, kept, strict=True) for site in group)
    regions = [register.region for register in unique if register.region is not None]
    return Register(
        infos=tuple(register.infos[0] for register in unique),
        sites=sites,
        region=shapely.union_all(regions) if regions else None,
        notes=tuple(notes),
    )


def _sharing(site: ReferenceSite, places: Mapping[str, Sequence[ReferenceSite]]) -> Iterable[ReferenceSite]:
    for code in (site.code, *site.former_codes):
        yield from places.get(code, ())


def _is_same_place(site: ReferenceSite, other: ReferenceSite) -> bool:
    if site.code == other.code and site.register_title == other.register_title:
        return True
    return distance_m(site.footprint, other.footprint) <= SAME_PLACE_M


def _describe_left_out(codes: Sequence[str], info: RegisterInfo) -> str:
    return (
        f"{_list_codes(codes)} of {info.title!r}, edition {info.edition}, left out: a register named before it lists the same "
        "places; name the one first whose records should count"
    )


def _list_codes(codes: Sequence[str]) -> str:
    shown = ", ".join(codes[:_SHOWN_CODES])
    return shown if len(codes) <= _SHOWN_CODES else f"{shown} and {len(codes) - _SHOWN_CODES} more"


def _name_files(infos: Sequence[RegisterInfo]) -> list[str]:
    stems = [PurePath(info.path).stem for info in infos]
    return [stem if stems.count(stem) == 1 else f"{stem}#{number}" for number, stem in enumerate(stems, 1)]


def _qualify(site: ReferenceSite, shared: set[str], name: str) -> ReferenceSite:
    def rename(code: str) -> str:
        return f"{code}@{name}" if code in shared else code

    relocations = (*site.relocated_from, *site.relocated_to)
    if not shared.intersection((site.code, *relocations)):
        return site
    return replace(
        site,
        code=rename(site.code),
        relocated_from=tuple(map(rename, site.relocated_from)),
        relocated_to=tuple(map(rename, site.relocated_to)),
    )
