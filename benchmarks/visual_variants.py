"""Ways to describe a picture that the visual ablation compares: the product's own, and those that were tried and left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from geoverify.vision.codebook import load_codebook
from geoverify.vision.features import CONTRAST_THRESHOLD, DESCRIPTOR_SCALE, Features, extract_features


def describe_plainly(luma: np.ndarray, count: int, *, upright: bool) -> Features:
    """RootSIFT over one domain, turned by each patch's own direction or not."""
    made = extract_features(luma, count=count)
    scale = min(1.0, 1024 / max(luma.shape))
    small = cv2.resize(luma, tuple(made.frame_px.tolist()), interpolation=cv2.INTER_AREA) if scale < 1.0 else luma
    sift = cv2.SIFT_create(contrastThreshold=CONTRAST_THRESHOLD, enable_precise_upscale=True)
    points = sorted(sift.detect(small, None), key=lambda point: (-point.response, point.pt, point.size, point.angle))
    if upright:
        points = list({(point.pt, point.size): point for point in reversed(points)}.values())[::-1]
    points = points[:count]
    angles = np.array([point.angle for point in points], np.float32)
    for point in points:
        point.angle = 0.0 if upright else point.angle
    _, raw = sift.compute(small, points)
    rooted = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    descriptors = np.clip(np.rint(rooted * DESCRIPTOR_SCALE), 0, 255).astype(np.uint8)
    return replace(
        made,
        xy_px=np.array([point.pt for point in points], np.float32),
        size_px=np.array([point.size for point in points], np.float32),
        angle_deg=angles,
        response=np.array([point.response for point in points], np.float32),
        descriptors=descriptors,
        slanted=np.zeros_like(descriptors),
    )


def keep_codes(features: Features, count: int) -> Features:
    """A reference as the index keeps it."""
    kept = features.pick(np.arange(min(count, len(features))))
    codebook = load_codebook()
    return replace(kept, descriptors=codebook.restore(codebook.shorten(kept.descriptors)).astype(np.uint8))


def halve(features: Features) -> Features:
    """Descriptors that do not tell light on dark from dark on light: opposite directions added (HalfSIFT, Kelman et al. 2007)."""
    cells = features.descriptors.reshape(-1, 16, 8).astype(np.float64) ** 2
    halves = np.sqrt(cells[..., :4] + cells[..., 4:])
    descriptors = np.clip(np.rint(np.concatenate((halves, np.zeros_like(halves)), axis=2)), 0, 255).astype(np.uint8)
    return replace(features, descriptors=descriptors.reshape(-1, 128))


def level_contrast(luma: np.ndarray) -> np.ndarray:
    """Contrast made equal in each of 8 x 8 tiles, as for frames of the night."""
    return cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(luma)


def describe_regions(luma: np.ndarray, count: int) -> Features:
    """A second detector beside the first: stable regions (MSER, Matas et al. 2002), described upright at their size."""
    made = extract_features(luma, count=count)
    scale = min(1.0, 1024 / max(luma.shape))
    small = cv2.resize(luma, tuple(made.frame_px.tolist()), interpolation=cv2.INTER_AREA) if scale < 1.0 else luma
    found = sorted(cv2.MSER_create().detect(small), key=lambda point: (-point.size, point.pt))
    points = [cv2.KeyPoint(*point.pt, point.size, 0.0) for point in found if 6.0 <= point.size <= 200.0][:count]
    if not points:
        return made
    points, raw = cv2.SIFT_create().compute(small, points)
    rooted = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    descriptors = np.clip(np.rint(rooted * DESCRIPTOR_SCALE), 0, 255).astype(np.uint8)
    regions = replace(
        made,
        xy_px=np.array([point.pt for point in points], np.float32),
        size_px=np.array([point.size for point in points], np.float32),
        angle_deg=np.zeros(len(points), np.float32),
        response=np.zeros(len(points), np.float32),
        descriptors=descriptors,
        slanted=np.zeros_like(descriptors),
    )
    return join([made, regions])


def describe_views(luma: np.ndarray, count: int) -> Features:
    """The picture, and as it would look from the side, from above, and slanted (Morel & Yu 2009, upright views alone)."""
    made = extract_features(luma, count=count)
    size_px = tuple(made.frame_px.tolist())
    small = cv2.resize(luma, size_px, interpolation=cv2.INTER_AREA) if luma.shape[::-1] != size_px else luma
    views = [made]
    for across, along, slant in ((0.5, 1.0, 0.0), (1.0, 0.5, 0.0), (1.0, 1.0, 0.5), (1.0, 1.0, -0.5)):
        turn = np.array([[across, slant], [0.0, along]])
        corners = np.array([[0, 0], [size_px[0], 0], [0, size_px[1]], size_px]) @ turn.T
        move = np.column_stack((turn, -corners.min(axis=0)))
        wide, high = np.ceil(np.ptp(corners, axis=0)).astype(int).tolist()
        # A picture that is made narrower is smoothed first, as a camera far to the side would.
        smooth = cv2.GaussianBlur(
            small, (0, 0), sigmaX=0.01 + 0.8 * (1.0 / across - 1.0), sigmaY=0.01 + 0.8 * (1.0 / along - 1.0)
        )
        warped = cv2.warpAffine(smooth, move, (wide, high), borderMode=cv2.BORDER_REPLICATE)
        inside = cv2.erode(cv2.warpAffine(np.full_like(small, 255), move, (wide, high)), np.ones((9, 9), np.uint8))
        seen = extract_features(warped, inside, side_px=2048, count=count // 2)
        back = cv2.invertAffineTransform(move)
        xy_px = (seen.xy_px @ back[:, :2].T + back[:, 2]).astype(np.float32)
        size = (seen.size_px / np.sqrt(abs(np.linalg.det(turn)))).astype(np.float32)
        views.append(replace(seen, frame_px=made.frame_px, xy_px=xy_px, size_px=size))
    return join(views)


def join(parts: Sequence[Features]) -> Features:
    """Features of one picture, taken in several ways, as one."""
    names = ("xy_px", "size_px", "angle_deg", "response", "descriptors", "slanted")
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


Describe = Callable[[np.ndarray], Features]
# How the frame is described, how the reference, and what is said of it.
VARIANTS: dict[str, tuple[Describe, Describe, str]] = {
    name: (frame, reference or frame, meaning)
    for name, frame, reference, meaning in (
        ("turned", lambda luma: describe_plainly(luma, 2000, upright=False), None, "each patch turned by its own direction"),
        ("upright", lambda luma: describe_plainly(luma, 2000, upright=True), None, "upright"),
        ("pooled", lambda luma: extract_features(luma, count=2000), None, "upright, two domain sizes"),
        (
            "kept",
            extract_features,
            lambda luma: keep_codes(extract_features(luma), 1250),
            "as the product does: 1,600 against 1,250",
        ),
        ("guided", extract_features, None, "matched once more under the map found"),
        ("more", lambda luma: extract_features(luma, count=4000), None, "4,000 features of both"),
        ("halved", lambda luma: halve(extract_features(luma)), None, "blind to which side of an edge is the lighter"),
        ("levelled", lambda luma: extract_features(level_contrast(luma)), None, "local contrast made equal first"),
        ("regions", lambda luma: describe_regions(luma, 1600), None, "a second detector, stable regions"),
        ("views", lambda luma: describe_views(luma, 1600), extract_features, "the frame as seen from four sides, too"),
    )
}
