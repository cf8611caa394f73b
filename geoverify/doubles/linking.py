"""Which recordings show the same frames, as copies do, and how: recompressed, cropped, mirrored, cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct

from geoverify.doubles.records import Recording
from geoverify.doubles.search import find_candidates
from geoverify.model import MediaKind
from geoverify.vision.print_matching import FrameMatch, ReadyPrint, compare_frames

# A frame is cropped where the copy shows less than this share of it.
CROPPED_SHARE = 0.93
# Of the shorter of two videos, at least this share of the frames is in the other, and at least so many where it has that many.
MIN_FRAME_SHARE, MIN_FRAMES = 0.34, 2
# A recording is only a part of the other where less than this share of the longer one's frames is in the shorter.
PART_SHARE = 0.5


class Likeness(StrEnum):
    """How one recording is like another; `REFERENCE` is the one of a group that most others are compared with."""

    REFERENCE = "reference"
    EXACT = "exact"
    RECOMPRESSED = "recompressed"
    CROPPED = "cropped"
    MIRRORED = "mirrored"
    CUT = "cut"
    TOLD = "told"


class Link(Struct, frozen=True, kw_only=True):
    """Two recordings (by digest, the smaller first) that are the same, how surely from 0 to 1, and why in words.

    `is_part`: much of one is not in the other, as in a film that is cut from several. `one_share` and `other_share` are how much
    of each is in the other, of its frames and of their area.
    """

    one: str
    other: str
    likeness: Likeness
    score: float
    is_part: bool
    one_share: float = 1.0
    other_share: float = 1.0
    why: str


class _Pair(Struct, frozen=True):
    """A frame of one recording, by its place there, that is a frame of the other."""

    here: int
    there: int
    match: FrameMatch


def find_links(recordings: Sequence[Recording], own: Collection[str]) -> list[Link]:
    """Compare the recordings whose digests are `own` with each other and with all others; in the order of the digests."""
    ready = [[ReadyPrint.of(frame) for frame in item.prints] for item in recordings]
    numbers = np.repeat(np.arange(len(recordings)), [len(frames) for frames in ready])
    flat = [frame for frames in ready for frame in frames]
    is_own = np.array([recordings[number].digest in own for number in numbers.tolist()], np.bool_)
    found = find_candidates(
        [item.frame for item in flat], [(item.plain, item.mirrored) for item in flat], numbers.astype(np.int64), is_own
    )
    starts = np.concatenate(([0], np.cumsum([len(frames) for frames in ready]))).astype(np.int64)
    pairs: dict[tuple[int, int, bool], list[_Pair]] = defaultdict(list)
    for one, other, mirrored in zip(found.one.tolist(), found.other.tolist(), found.mirrored.tolist(), strict=True):
        here, there = int(numbers[one]), int(numbers[other])
        still = not (_is_film(recordings[here]) and _is_film(recordings[there]))
        match = compare_frames(flat[one], flat[other], mirrored=mirrored, still=still)
        if match is not None:
            pairs[here, there, mirrored].append(_Pair(one - int(starts[here]), other - int(starts[there]), match))
    links: dict[tuple[str, str], Link] = {}
    for (here, there, mirrored), matched in sorted(pairs.items()):
        link = _link(recordings[here], recordings[there], matched, mirrored=mirrored)
        if link is not None:
            key = (link.one, link.other)
            if key not in links or links[key].score < link.score:
                links[key] = link
    return [links[key] for key in sorted(links)]


def _link(here: Recording, there: Recording, pairs: Sequence[_Pair], *, mirrored: bool) -> Link | None:
    """What matched frames say of two recordings; `None` where they are too few or not in the order of time."""
    in_order = _longest_run(pairs)
    shares = len(in_order) / len(here.prints), len(in_order) / len(there.prints)
    are_films = _is_film(here) and _is_film(there)
    shorter = min(len(here.prints), len(there.prints))
    if are_films and (len(in_order) < min(MIN_FRAMES, shorter) or max(shares) < MIN_FRAME_SHARE):
        return None
    areas = [min(getattr(pair.match, side) for pair in in_order) for side in ("here_share", "there_share")]
    likeness = Likeness.RECOMPRESSED
    if mirrored:
        likeness = Likeness.MIRRORED
    elif min(shares) < PART_SHARE:
        likeness = Likeness.CUT
    elif min(areas) < CROPPED_SHARE:
        likeness = Likeness.CROPPED
    return Link(
        one=here.digest,
        other=there.digest,
        likeness=likeness,
        score=round(max(pair.match.rate(still=not are_films) for pair in in_order), 4),
        is_part=min(shares) < PART_SHARE,
        one_share=round(shares[0] * areas[0], 4),
        other_share=round(shares[1] * areas[1], 4),
        why=_explain(here, there, in_order, mirrored=mirrored),
    )


def _longest_run(pairs: Sequence[_Pair]) -> list[_Pair]:
    """The most pairs whose times grow in both recordings, each frame used once."""
    ordered = sorted(pairs, key=lambda pair: (pair.here, pair.there))
    best: list[list[_Pair]] = []
    for pair in ordered:
        before = [run for run in best if run[-1].here < pair.here and run[-1].there < pair.there]
        best.append([*max(before, key=lambda run: (len(run), run[-1].match.inliers), default=[]), pair])
    return max(best, key=lambda run: (len(run), sum(pair.match.inliers for pair in run)))


def _explain(here: Recording, there: Recording, pairs: Sequence[_Pair], *, mirrored: bool) -> str:
    best = max(pairs, key=lambda pair: (pair.match.parts, pair.match.inliers))
    match = best.match
    counted = f"{len(pairs)} of {min(len(here.prints), len(there.prints))} frames agree"
    way = " in mirror image" if mirrored else ""
    offset = ""
    if _is_film(here) and _is_film(there):
        shift_s = there.prints[best.there].time_s - here.prints[best.here].time_s
        offset = f", {abs(shift_s):.1f} s {'later' if shift_s >= 0 else 'earlier'} in the second"
    return (
        f"{counted}{way}{offset}; in the best, {match.inliers} of {match.within} points lie alike to {match.error_px:.1f} px, "
        f"over {match.parts:.0%} of what both show: {match.here_share:.0%} of one and {match.there_share:.0%} of the other"
    )


def _is_film(recording: Recording) -> bool:
    return recording.kind is MediaKind.VIDEO
