"""Sites of a register that overlap or lie close together: they will share the probability of footage between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geoverify import geo
from geoverify.places import FootprintKind
from geoverify.register.geometry import distance_m
from geoverify.register.records import Record
from geoverify.register.remarks import Remark, make_info

# Closer than this, a phone's fix between two sites can belong to either.
NEAR_M = 100.0
# A register in which everything lies on one spot must not cost n² measurements (about 0.1 ms each).
MAX_MEASURED_PAIRS = 50_000
# Small enough that a crowd of n sites gives 64 n pairs at a time, not n².
BATCH_BOXES = 64


def find_neighbours(records: Sequence[Record]) -> Iterator[Remark]:
    """Yield information on each pair of outlines under `NEAR_M` apart and each pair of which a point's disc reaches the other."""
    placed = [record for record in records if record.footprint is not None and not record.footprint.is_empty]
    boxes, owners = _surround(placed)
    tree = shapely.STRtree(boxes)
    measured: set[tuple[int, int]] = set()
    for start in range(0, len(boxes), BATCH_BOXES):
        ours, theirs = tree.query(boxes[start : start + BATCH_BOXES])
        pairs = np.column_stack((owners[ours + start], owners[theirs]))
        for index, other in pairs[pairs[:, 0] < pairs[:, 1]].tolist():
            if (index, other) in measured:
                continue
            if len(measured) == MAX_MEASURED_PAIRS:
                message = f"the search for neighbours ended after {MAX_MEASURED_PAIRS:,} close pairs"
                yield make_info("neighbours-cut", "file", message, "make sure that so many sites are meant to lie together")
                return
            measured.add((index, other))
            yield from _describe_pair(placed[index], placed[other])


def _surround(records: Sequence[Record]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Boxes around footprints with their discs and half of `NEAR_M`, and whose each is; two for one at the antimeridian."""
    bounds = shapely.bounds(np.array([record.footprint for record in records], dtype=object)).reshape(len(records), 4)
    pads_m = np.array([_disc_m(record) + NEAR_M / 2.0 for record in records])
    # One per cent of slack covers the ellipsoid's deviation from the sphere of METRES_PER_DEGREE.
    pads_deg = 1.01 * pads_m / geo.METRES_PER_DEGREE
    south, north = bounds[:, 1] - pads_deg, bounds[:, 3] + pads_deg
    cosines = np.cos(np.radians(np.minimum(np.maximum(abs(south), abs(north)), 89.99)))
    pads_lon_deg = np.minimum(pads_deg / cosines, 180.0)
    west, east = bounds[:, 0] - pads_lon_deg, bounds[:, 2] + pads_lon_deg
    over_west, over_east = np.flatnonzero(west < -180.0), np.flatnonzero(east > 180.0)
    owners = np.concatenate((np.arange(len(records)), over_west, over_east))
    shifts = np.repeat((0.0, 360.0, -360.0), (len(records), len(over_west), len(over_east)))
    return shapely.box(west[owners] + shifts, south[owners], east[owners] + shifts, north[owners]), owners


def _disc_m(record: Record) -> float:
    return record.site.boundary_error_m or 0.0 if record.site.footprint_kind == FootprintKind.POINT else 0.0


def _describe_pair(first: Record, second: Record) -> Iterator[Remark]:
    if first.footprint is None or second.footprint is None:
        return
    apart_m = distance_m(first.footprint, second.footprint)
    discs_m = _disc_m(first) + _disc_m(second)
    other = f"{second.site.code or second.label}"
    if apart_m == 0.0:
        message = f"lies on {other}: the footprints touch or overlap"
        fix = "correct the outlines if the sites are apart; if one is part of the other, name it as a part"
        yield make_info("overlap", first.label, message, fix)
    elif apart_m < NEAR_M:
        fix = "nothing, if it is so: footage between the two comes out as ambiguous"
        yield make_info("near", first.label, f"lies {apart_m:.0f} m from {other}", fix)
    elif apart_m < discs_m:
        message = f"lies {apart_m:.0f} m from {other}, within what their points leave open ({discs_m:.0f} m)"
        fix = "draw outlines where they are known: points this close come out as ambiguous"
        yield make_info("discs-overlap", first.label, message, fix)
