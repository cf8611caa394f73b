"""Which member of a report may go into a shared copy; what is not listed here does not, and a test finds it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, TypeVar

from msgspec import Struct

from geoverify import model, results
from geoverify.places import RegisterInfo


class Rule(Enum):
    """What becomes of a member."""

    KEEP = auto()
    """It goes along as it is: numbers of the picture, words of a closed list, versions and digests."""
    MAKE = auto()
    """What goes along in its place is made by `sharer`."""
    DROP = auto()
    """It stays behind."""


K, M, D = Rule.KEEP, Rule.MAKE, Rule.DROP
S = TypeVar("S", bound=Struct)

RULES: Mapping[type[Struct], Mapping[str, Rule]] = {
    results.Report: {
        "schema_version": K,
        "media": M,
        "sidecars": M,
        "origin": M,
        "verdict": M,
        "location": M,
        "candidates": M,
        "scores": M,
        "elsewhere_probability": M,
        "evidence": M,
        "observations": M,
        "absences": M,
        "problems": M,
        "next_steps": M,
        "registers": M,
        "register_notes": M,
        "references": K,
        "settings_digest": K,
        "settings": M,
        "versions": K,
        "created_at": K,
        "sharing": M,
    },
    model.MediaFile: {"path": M, "path_bytes_hex": D, "kind": K, "media_type": K, "size_bytes": K, "digest": K},
    model.Digest: {"algorithm": K, "hex": K},
    results.SidecarUse: {"path": D, "digest": D, "reader": D},
    results.Origin: {"kind": K, "platform": M, "wording": M, "reasons": D},
    results.OriginReason: {"text": D, "speaks_for": D, "observation_ids": D},
    results.Verdict: {"kind": K, "site_codes": K, "margin_log10": M, "wording": M},
    results.Location: {
        "lat_deg": M,
        "lon_deg": M,
        "error_radius_m": M,
        "error_basis": M,
        "precision": M,
        "observation_id": K,
    },
    results.Candidate: {
        "site_code": K,
        "site_name": M,
        "register_title": K,
        "register_edition": K,
        "footprint_kind": K,
        "why": M,
        # Distances and bearings to a few gates are a position.
        "distance_m": D,
        "bearing_deg": D,
        "parts": D,
    },
    results.PartSighting: {"name": D, "kind": D, "distance_m": D, "bearing_deg": D, "in_view": D},
    results.Score: {"site_code": K, "log10_lr": M, "probability": M},
    results.Evidence: {
        "channel": K,
        "site_code": K,
        "log10_lr": M,
        "min_log10_lr": M,
        "max_log10_lr": M,
        "basis": K,
        "dependence_group": M,
        "finding": K,
        "explanation": M,
        "observation_ids": M,
        "locates": K,
        "coarse": K,
        # The match pictures show the frame.
        "pictures": D,
    },
    results.Versions: {"geoverify": K, "libraries": K, "models": K},
    results.ReferencesInfo: {"index_digest": K, "photo_count": K, "site_count": K},
    results.Sharing: {"full_report": K, "withheld": K},
    RegisterInfo: {"title": K, "edition": K, "digest": K, "site_count": K, "licence": K, "path": D},
    model.Observation: {"id": K, "value": M, "provenance": M},
    model.Provenance: {"reader": M, "field": M, "raw": M, "who": K, "file": D},
    model.Absent: {"what": K, "reason": K, "detail": M, "reader": K},
    model.Problem: {"code": K, "message": M, "where": M},
    # --- values; one that is not listed stays behind whole -----------------------------------------------------------
    model.Position: {
        "lat_deg": M,
        "lon_deg": M,
        "alt_m": D,
        "horizontal_error_m": M,
        "resolution_m": D,
        "caveats": K,
    },
    model.Track: {"points": M},
    model.TrackPoint: {"time_s": M, "position": M},
    model.CaptureTime: {
        "instant_utc": M,
        "local": M,
        "offset_minutes": D,
        "resolution_s": M,
        "clock": K,
        "meaning": K,
    },
    model.TextSnippet: {"text": M, "lang": D, "source": K, "seen": D},
    model.TextInFrame: {
        "time_s": D,
        "left": D,
        "top": D,
        "right": D,
        "bottom": D,
        "confidence": D,
        "overlaid": D,
        "frame_count": D,
    },
    model.PlaceClaim: {"name": M, "position": M, "source": K},
    model.Post: {
        "platform": M,
        "post_id": M,
        "url": M,
        "uploader": M,
        "uploader_id": M,
        "channel": M,
        "forwarded_from": M,
    },
    model.FileNaming: {"app": M, "kind": K},
    model.Credential: {"claim_generator": D, "signer": D, "signed_at_utc": D, "signature": K, "detail": M},
    model.ImageInfo: {"width_px": K, "height_px": K, "orientation": K},
    model.VideoInfo: {
        "duration_s": K,
        "fps": K,
        "frame_count": K,
        "width_px": K,
        "height_px": K,
        "rotation_deg": K,
        "codec": D,
        "writer": D,
    },
    model.Keyframe: {"time_s": K, "sharpness": K, "brightness": K, "warmth": K},
    model.VisualMatch: {
        "site_code": K,
        "reference_digest": K,
        "origin_digest": M,
        "index_digest": K,
        "part": D,
        "time_s": K,
        "frame_count": K,
        "mirrored": K,
        "places": K,
        "tried": K,
        "strength": K,
        "rival_strength": K,
        "agreeing": K,
        "frame_cells": K,
        "reference_cells": K,
        "camera_heading_deg": D,
        "camera_heading_error_deg": D,
        "picture": D,
    },
    # Left behind whole: what a network of the user's saw, and hashes by which the footage could be found elsewhere.
    model.LearnedMatch: {
        "site_code": D,
        "reference_digest": D,
        "origin_digest": D,
        "index_digest": D,
        "model": D,
        "model_digest": D,
        "part": D,
        "time_s": D,
        "frame_count": D,
        "mirrored": D,
        "places": D,
        "tried": D,
        "picture": D,
    },
    model.PictureHash: {"time_s": D, "part": D, "pdq": D, "mirror_pdq": D, "quality": D},
    # Free text of whoever wrote the file, or what tells one device from another.
    model.Camera: {"make": D, "model": D, "serial": D},
    model.Heading: {"angle_deg": D, "north": D, "pitch_deg": D},
    model.FieldOfView: {"long_side_deg": D},
    model.Software: {"name": D},
    model.EncodingTrace: {"kind": D, "value": D},
}


def rebuild(item: S, **made: Any) -> S:
    """A new struct of the same type with the members that are kept and those that were `made`, and nothing else.

    Raises `TypeError` for a member without a default that no rule lets through: better no copy than a leaking one.
    """
    rules = RULES[type(item)]
    if unruled := [name for name in made if rules.get(name) is not Rule.MAKE]:
        raise TypeError(f"{type(item).__name__}: no rule lets {', '.join(unruled)} be made")
    kept = {name: getattr(item, name) for name in item.__struct_fields__ if rules.get(name) is Rule.KEEP}
    return type(item)(**kept, **made)
