"""Where a file says it is: its best fix with an honest error radius, and the sources that disagree about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter

from geoverify import geo
from geoverify.model import Observation, PlaceClaim, Position, Problem, Track, Value, Who
from geoverify.results import Location, PrecisionClass
from geoverify.settings import Settings

# P(R < r) = 1 − exp(−r²/2σ²) = 0.68 for a circular normal error.
SIGMAS_PER_68_PERCENT_RADIUS = math.sqrt(-2.0 * math.log(1.0 - 0.68))
_CLASS_LIMITS_M = ((10.0, PrecisionClass.EXACT), (100.0, PrecisionClass.VICINITY), (1000.0, PrecisionClass.LOCALITY))
# Sources, and points of a track, that are compared with each other.
MAX_COMPARED = 24
_RANK = {who: rank for rank, who in enumerate(Who)}


def error_radius_m(position: Position, settings: Settings) -> tuple[float, str]:
    """Return the 68 % error radius of a fix in metres, and the words for what it rests on."""
    if position.horizontal_error_m is not None and math.isfinite(position.horizontal_error_m):
        stated_m, basis = position.horizontal_error_m, "stated by the source"
    else:
        stated_m, basis = settings.default_horizontal_error_m, "assumed, the source states none"
    stated_m = max(stated_m, settings.min_horizontal_error_m)
    # A coordinate rounded to steps of q is off by q/√12 (one standard deviation) on each axis.
    step_m = (position.resolution_m or 0.0) / math.sqrt(12.0) * SIGMAS_PER_68_PERCENT_RADIUS
    if step_m > stated_m:
        basis = "set by the few digits of the coordinates"
    added_m = [settings.caveat_error_m(caveat) for caveat in position.caveats]
    if added_m and max(added_m) > max(stated_m, step_m):
        basis = f"widened because the source calls the fix {' and '.join(caveat.value for caveat in position.caveats)}"
    return math.hypot(stated_m, step_m, *added_m), basis


def classify_precision(radius_m: float) -> PrecisionClass:
    """Exact up to 10 m, vicinity up to 100 m, locality up to 1 km, else coarser."""
    return next((name for limit_m, name in _CLASS_LIMITS_M if radius_m <= limit_m), PrecisionClass.COARSER)


def best_location(observations: Sequence[Observation[Value]], settings: Settings) -> Location | None:
    """The fix of the strongest witness and, among equals, of the smallest error; a track counts with its first point."""
    fixes = [(item, position) for item in observations if (position := _position_of(item.value)) is not None]
    if not fixes:
        return None
    item, position = min(fixes, key=lambda fix: (_RANK[fix[0].provenance.who], error_radius_m(fix[1], settings)[0]))
    radius_m, basis = error_radius_m(position, settings)
    return Location(
        lat_deg=position.lat_deg,
        lon_deg=position.lon_deg,
        error_radius_m=round(radius_m, 1),
        error_basis=basis,
        precision=classify_precision(radius_m),
        observation_id=item.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two sources that place the footage further apart than their errors explain, by observation id."""

    first_id: str
    second_id: str
    problem: Problem


def find_disagreements(observations: Sequence[Observation[Value]], settings: Settings) -> Iterator[Disagreement]:
    """Yield each pair of positions, tracks and claimed positions that lie more than three joint error radii apart."""
    placed = [(item, points) for item in observations if (points := _points_of(item.value))][:MAX_COMPARED]
    for (first, here), (second, there) in combinations(placed, 2):
        apart_m, near, far = min((_separate(one, other) for one in here for other in there), key=itemgetter(0))
        joint_m = math.hypot(error_radius_m(near, settings)[0], error_radius_m(far, settings)[0])
        if apart_m > 3.0 * joint_m:
            message = (
                f"{first.provenance.reader}:{first.provenance.field} and {second.provenance.reader}:{second.provenance.field} "
                f"lie {apart_m:.0f} m apart, more than their errors ({joint_m:.0f} m) explain; find out which one was changed"
            )
            problem = Problem(code="positions-disagree", message=message, where="location")
            yield Disagreement(first_id=first.id, second_id=second.id, problem=problem)


def do_agree(one: Value, other: Value, settings: Settings) -> bool:
    """Whether two positions or tracks can be one camera's: somewhere they lie within three joint error radii."""
    pairs = (_separate(here, there) for here in _points_of(one) for there in _points_of(other))
    apart_m, near, far = min(pairs, key=itemgetter(0), default=(math.inf, None, None))
    if near is None or far is None:
        return False
    return apart_m <= 3.0 * math.hypot(error_radius_m(near, settings)[0], error_radius_m(far, settings)[0])


def _separate(one: Position, other: Position) -> tuple[float, Position, Position]:
    distance_m, _ = geo.measure(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
    return distance_m, one, other


def _points_of(value: Value) -> tuple[Position, ...]:
    if isinstance(value, Track):
        step = max(1, len(value.points) // MAX_COMPARED)
        return tuple(point.position for point in value.points[::step])
    if isinstance(value, PlaceClaim):
        return (value.position,) if value.position is not None else ()
    return (value,) if isinstance(value, Position) else ()


def _position_of(value: Value) -> Position | None:
    if isinstance(value, Track):
        return value.points[0].position if value.points else None
    return value if isinstance(value, Position) else None
