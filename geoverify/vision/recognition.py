"""Which sites' reference photographs a file's frames match: the findings that the visual channel weighs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Absent, Finding, MediaFile, Observation, Problem, Provenance, Reason, VisualMatch, Who
from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.vision.calibration import weigh_figures
from geoverify.vision.features import extract_features
from geoverify.vision.frames import SampledFrame, sample_frames
from geoverify.vision.index import ReferenceIndex
from geoverify.vision.keyframes import NoPicturesError, Picture
from geoverify.vision.masks import mask_frames, mask_single
from geoverify.vision.matching import ReferenceMatch, match_frame

NAME = "recognition"
WHAT = "place in the picture"
# A frame shows one place: a match this much weaker than another site's in the same frame is chance. Neighbours that share a
# building are alike in strength.
RIVAL_SHARE = 0.25


def recognise(media: MediaFile, source: ByteSource, indexes: Sequence[ReferenceIndex], settings: Settings) -> Iterator[Finding]:
    """Yield the matches of a file's frames with the references of `indexes`, or why there are none."""
    try:
        frames = sample_frames(media, source, settings.match_frame_count)
    except NoPicturesError:
        frames = []
    except (MalformedError, MemoryError, load_cv2().error) as error:
        message = str(error) if isinstance(error, MalformedError) else f"OpenCV gives up on it ({type(error).__name__})"
        yield Problem(code="cannot-compare", message=f"no frame could be compared with the references: {message}", where=NAME)
        return
    if not frames:
        detail = "no frame could be decoded, so none was compared with the references"
        yield Absent(what=WHAT, reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    pictures = [frame.bgr for frame in frames]
    masks = [mask_single(pictures[0])] if len(pictures) == 1 else mask_frames(pictures)
    own_digest = "" if media.digest is None else media.digest.hex
    matched = textured = 0
    mirrored: list[float] = []
    for frame, mask in zip(frames, masks, strict=True):
        features = extract_features(_luma_of(frame.bgr), mask)
        if len(features) < settings.min_frame_features:
            continue
        textured += 1
        for index in indexes:
            # A reference taken from this very footage is no second witness of it.
            found = [match for match in match_frame(index, features) if index.references[match.reference].origin != own_digest]
            matched += bool(found)
            if found and found[0].mirrored and _rate(found[0]) >= settings.naming_visual_log10:
                mirrored.append(frame.time_s)
            yield from _tell(index, found, frame, len(frames))
    if mirrored:
        times = ", ".join(f"{time_s:.1f} s" for time_s in mirrored)
        message = f"the picture is mirrored: it matches a reference photograph in mirror image alone (at {times})"
        yield Problem(code="mirrored-picture", message=message, where=NAME)
    if not textured:
        detail = f"too little texture: none of {len(frames)} frames has {settings.min_frame_features} features to compare"
        yield Absent(what=WHAT, reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
    elif not matched:
        count = sum(len(index.references) for index in indexes)
        detail = f"none of {count} reference photographs matches any of {len(frames)} frames, which speaks against no site"
        yield Absent(what=WHAT, reason=Reason.NOT_PRESENT, detail=detail, reader=NAME)


def _luma_of(bgr: Picture) -> Picture:
    cv2 = load_cv2()
    luma: Picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return luma


def _tell(index: ReferenceIndex, found: Sequence[ReferenceMatch], frame: SampledFrame, frame_count: int) -> Iterator[Finding]:
    by_site: dict[str, list[ReferenceMatch]] = {}
    for match in found:
        by_site.setdefault(index.references[match.reference].site_code, []).append(match)
    for code, matches in by_site.items():
        rival = max((others[0].strength for other, others in by_site.items() if other != code), default=0.0)
        if matches[0].strength < RIVAL_SHARE * rival:
            continue
        match, reference = matches[0], index.references[matches[0].reference]
        # Turned the other way, a reference says nothing for the picture as it is.
        origins = {index.references[item.reference].origin for item in matches if item.mirrored == match.mirrored}
        yield Observation(
            value=_describe(index, match, rival, len(origins), frame.time_s, frame_count),
            # Every editor and platform on the way may have encoded the pixels anew.
            provenance=Provenance(
                reader=NAME,
                field=f"frame at {frame.time_s:.3f} s",
                raw=f"reference sha256 {reference.photo_digest}",
                who=Who.EDITOR,
            ),
        )


def _rate(match: ReferenceMatch) -> float:
    return weigh_figures(match.strength, match.places, match.tried, min(match.frame_cells, match.reference_cells))


def _describe(
    index: ReferenceIndex, match: ReferenceMatch, rival: float, agreeing: int, time_s: float, frame_count: int
) -> VisualMatch:
    reference = index.references[match.reference]
    return VisualMatch(
        site_code=reference.site_code,
        reference_digest=reference.photo_digest,
        origin_digest=reference.origin,
        index_digest=index.digest,
        part=reference.part or None,
        time_s=time_s,
        frame_count=frame_count,
        mirrored=match.mirrored,
        places=match.places,
        tried=match.tried,
        strength=match.strength,
        rival_strength=rival,
        agreeing=agreeing,
        frame_cells=match.frame_cells,
        reference_cells=match.reference_cells,
    )
