"""Which sites' reference photographs a file's frames match: the findings that the visual channel weighs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geoverify.errors import MalformedError
from geoverify.model import Absent, Finding, LearnedMatch, Observation, Problem, Provenance, Reason, VisualMatch, Who
from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.vision.features import Features, extract_features
from geoverify.vision.film import Film
from geoverify.vision.frames import SampledFrame, sample_frames
from geoverify.vision.gallery import Gallery
from geoverify.vision.keyframes import NoPicturesError, Picture
from geoverify.vision.masks import mask_frames, mask_single
from geoverify.vision.matching import ReferenceMatch, match_frame
from geoverify.vision.pictures import MAX_PICTURES, name_picture
from geoverify.vision.second_look import SecondLook
from geoverify.vision.sightings import Mask, Sighting, draw_pair, draw_sightings, estimate_direction, is_laid_over
from geoverify.vision.texture import is_mere_texture

NAME = "recognition"
WHAT = "place in the picture"
# A frame shows one place: a match this much weaker than another site's in the same frame is chance. Neighbours that share a
# building are alike in strength.
RIVAL_SHARE = 0.25
# Frames of a file that are also looked at turned: the camera is held one way, so if none of them shows a place so, none does.
TURNED_FRAMES = 4
# A weaker match is chance more often than not; a picture of it would make it look like more.
MIN_DRAWN_LOG10 = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A frame that shows something, its mask and its features."""

    frame: SampledFrame
    mask: Mask
    features: Features


def recognise(
    film: Film,
    galleries: Sequence[Gallery],
    settings: Settings,
    album: dict[str, bytes],
    second_look: SecondLook | None = None,
) -> Iterator[Finding]:
    """Yield the matches of a file's frames with the references of `galleries`, or why there are none.

    Pictures of the best of them are put into `album`, by their names. Frames that match nothing surely get a second look.
    """
    try:
        frames = sample_frames(film, settings.match_frame_count)
    except NoPicturesError:
        frames = []
    except (MalformedError, MemoryError, load_cv2().error) as error:
        message = str(error) if isinstance(error, MalformedError) else f"OpenCV gives up on it ({type(error).__name__})"
        yield Problem(code="cannot-compare", message=f"no frame could be compared with the references: {message}", where=NAME)
        return
    if not frames:
        detail = "no frame could be decoded, so none was compared with the references"
        if not film.is_decodable:
            detail = (
                f"{film.media.media_type} is not decoded here, so it was not compared with the references; match a JPEG of it too"
            )
        yield Absent(what=WHAT, reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    pictures = [frame.bgr for frame in frames]
    masks = [mask_single(pictures[0])] if len(pictures) == 1 else mask_frames(pictures)
    own_digest = "" if film.media.digest is None else film.media.digest.hex
    matched = textured = 0
    sightings: list[Sighting] = []
    shown: list[_Shown] = []
    probes, is_turned = _spread(len(frames), TURNED_FRAMES), False
    for number, (frame, mask) in enumerate(zip(frames, masks, strict=True)):
        luma = _luma_of(frame.bgr)
        features = extract_features(luma, mask)
        if len(features) < settings.min_frame_features or is_mere_texture(luma):
            continue
        textured += 1
        shown.append(_Shown(frame, mask, features))
        for gallery in galleries:
            # A reference taken from this very footage is no second witness of it.
            found = match_frame(gallery.index, features, looks_turned=is_turned or number in probes)
            found = [item for item in found if not gallery.is_from(item.reference, own_digest)]
            matched += bool(found)
            seen = list(_sift(gallery, found, features, frame, mask))
            is_turned |= any(item.match.is_turned and item.log10_lr >= MIN_DRAWN_LOG10 for item in seen)
            sightings += seen
    drawn = draw_sightings([item for item in sightings if item.log10_lr >= MIN_DRAWN_LOG10], album)
    for sighting in sightings:
        yield _tell(sighting, drawn.get(sighting), len(frames), settings)
    yield from _tell_mirrored(sightings, settings)
    if second_look is not None:
        sure = {item.frame.time_s for item in sightings if item.log10_lr >= settings.naming_visual_log10}
        unsure = [item for item in shown if item.frame.time_s not in sure]
        chosen = [unsure[place] for place in _spread(len(unsure), settings.learned_frame_count)]
        yield from _look_again(second_look, chosen, galleries, own_digest, album, len(frames))
    if not textured:
        detail = (
            f"too little texture: none of {len(frames)} frames has {settings.min_frame_features} features to compare and is more "
            "than grain or text"
        )
        yield Absent(what=WHAT, reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
    elif not matched:
        count = sum(len(gallery.index.references) for gallery in galleries)
        detail = f"none of {count} reference photographs matches any of {len(frames)} frames, which speaks against no site"
        yield Absent(what=WHAT, reason=Reason.NOT_PRESENT, detail=detail, reader=NAME)


def _spread(total: int, count: int) -> list[int]:
    """So many places of a sequence at most, evenly spread."""
    return [int(place) for place in np.linspace(0, total - 1, min(count, total))]


def _look_again(
    second_look: SecondLook,
    shown: Sequence[_Shown],
    galleries: Sequence[Gallery],
    own_digest: str,
    album: dict[str, bytes],
    frame_count: int,
) -> Iterator[Observation[LearnedMatch]]:
    detector = second_look.detector
    for item in shown:
        for seen in second_look.compare(galleries, item.frame.bgr, item.mask, item.features, own_digest):
            reference = seen.gallery.index.references[seen.reference]
            picture = None
            if len(album) < MAX_PICTURES:
                data = draw_pair(item.frame, item.mask, seen.photo, reference.photo_digest, seen.points, mirrored=seen.mirrored)
                picture = name_picture(data)
                album[picture] = data
            value = LearnedMatch(
                site_code=reference.site_code,
                reference_digest=reference.photo_digest,
                origin_digest=reference.origin,
                index_digest=seen.gallery.digest,
                model=detector.kind.value,
                model_digest=detector.digest.hex,
                part=reference.part or None,
                time_s=item.frame.time_s,
                frame_count=frame_count,
                mirrored=seen.mirrored,
                places=seen.places,
                tried=seen.tried,
                picture=picture,
            )
            yield Observation(value=value, provenance=_trace(item.frame.time_s, reference.photo_digest))


def _luma_of(bgr: Picture) -> Picture:
    cv2 = load_cv2()
    luma: Picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return luma


def _sift(
    gallery: Gallery, found: Sequence[ReferenceMatch], features: Features, frame: SampledFrame, mask: Mask
) -> Iterator[Sighting]:
    """The best match of a frame with each site, without overlays and what another site's match in the same frame makes chance."""
    by_site: dict[str, list[ReferenceMatch]] = {}
    frame_px = (int(features.frame_px[0]), int(features.frame_px[1]))
    for match in found:
        if is_laid_over(match, frame_px, gallery.index.references[match.reference]):
            continue
        by_site.setdefault(gallery.index.references[match.reference].site_code, []).append(match)
    for code, matches in by_site.items():
        rival = max((others[0].strength for other, others in by_site.items() if other != code), default=0.0)
        if matches[0].strength < RIVAL_SHARE * rival:
            continue
        # Turned the other way, a reference says nothing for the picture as it is.
        alike = (item for item in matches if item.mirrored == matches[0].mirrored)
        origins = {gallery.index.references[item.reference].origin for item in alike}
        yield Sighting(
            gallery=gallery,
            match=matches[0],
            rival_strength=rival,
            agreeing=len(origins),
            frame=frame,
            mask=mask,
            frame_px=frame_px,
        )


def _tell(sighting: Sighting, picture: str | None, frame_count: int, settings: Settings) -> Observation[VisualMatch]:
    match, reference, time_s = sighting.match, sighting.reference, sighting.frame.time_s
    is_sure = sighting.log10_lr >= settings.naming_visual_log10
    direction = estimate_direction(sighting, settings.default_field_of_view_deg) if is_sure else None
    value = VisualMatch(
        site_code=reference.site_code,
        reference_digest=reference.photo_digest,
        origin_digest=reference.origin,
        index_digest=sighting.gallery.digest,
        part=reference.part or None,
        time_s=time_s,
        frame_count=frame_count,
        mirrored=match.mirrored,
        places=match.places,
        tried=match.tried,
        strength=match.strength,
        rival_strength=sighting.rival_strength,
        agreeing=sighting.agreeing,
        frame_cells=match.frame_cells,
        reference_cells=match.reference_cells,
        camera_heading_deg=None if direction is None else round(direction.angle_deg, 1) % 360.0,
        camera_heading_error_deg=None if direction is None else round(direction.error_deg, 1),
        picture=picture,
    )
    return Observation(value=value, provenance=_trace(time_s, reference.photo_digest))


def _trace(time_s: float, photo_digest: str) -> Provenance:
    # Every editor and platform on the way may have encoded the pixels anew.
    raw = f"reference sha256 {photo_digest}"
    return Provenance(reader=NAME, field=f"frame at {time_s:.3f} s", raw=raw, who=Who.EDITOR)


def _tell_mirrored(sightings: Sequence[Sighting], settings: Settings) -> Iterator[Problem]:
    sure = [item for item in sightings if item.log10_lr >= settings.naming_visual_log10]
    # What matches as it is too, as a symmetric front does, is not mirrored.
    upright = {item.frame.time_s for item in sure if not item.match.mirrored}
    mirrored = {item.frame.time_s for item in sure if item.match.mirrored} - upright
    if mirrored:
        times = ", ".join(f"{time_s:.1f} s" for time_s in sorted(mirrored))
        message = f"the picture is mirrored: it matches a reference photograph in mirror image alone (at {times})"
        yield Problem(code="mirrored-picture", message=message, where=NAME)
