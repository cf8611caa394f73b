"""Which pixels of a frame are of the place: what was laid over or beside it, and the sky, is hidden from matching.

Two videos that share a channel's logo and caption would match each other for that alone. Masks are shape (height, width), uint8:
255 where features may be taken, 0 where not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2
from geoverify.vision.bars import find_bars
from geoverify.vision.captions import find_captions
from geoverify.vision.keyframes import reduce_picture
from geoverify.vision.sky import find_sky
from geoverify.vision.static_overlays import find_static_overlays

# The longer side at which overlays are looked for; letters of 1.2 % of the height have 6 pixels there.
WORKING_SIDE_PX = 800
Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Hidden = NDArray[np.bool_]


def mask_single(bgr: Picture) -> Mask:
    """The mask of one picture, shape (height, width, 3): bars, blurred sides, captions, burned-in times and sky are hidden."""
    small = reduce_picture(bgr, WORKING_SIDE_PX)
    return _enlarge(find_overlays(small) | find_sky(small), bgr.shape)


def find_overlays(bgr: Picture) -> Hidden:
    """Where a picture is covered by bars, blurred sides, captions or times, at the size at which they are looked for."""
    small = reduce_picture(bgr, WORKING_SIDE_PX)
    captions = find_captions(small)
    return np.asarray(captions | find_bars(small, captions))


def mask_frames(frames: Sequence[Picture]) -> list[Mask]:
    """The masks of a video's frames: those of each as a picture, and what stays as it is while the rest changes."""
    smalls = [reduce_picture(frame, WORKING_SIDE_PX) for frame in frames]
    hidden = (over | find_sky(small) for over, small in zip(find_laid_over(smalls), smalls, strict=True))
    return [_enlarge(part, frame.shape) for part, frame in zip(hidden, frames, strict=True)]


def find_laid_over(frames: Sequence[Picture]) -> list[Hidden]:
    """Where a video's frames are covered by what was laid over them, at the size at which that is looked for."""
    smalls = [reduce_picture(frame, WORKING_SIDE_PX) for frame in frames]
    overlays = [find_overlays(small) for small in smalls]
    found = list(overlays)
    for shape in {small.shape for small in smalls}:
        alike = [at for at, small in enumerate(smalls) if small.shape == shape]
        static = find_static_overlays([smalls[at] for at in alike])
        # A caption that is told in most frames was missed in the others.
        static |= np.mean([overlays[at] for at in alike], axis=0) > 0.5
        for at in alike:
            found[at] = overlays[at] | static
    return found


def _enlarge(hidden: Hidden, shape: tuple[int, ...]) -> Mask:
    cv2 = load_cv2()
    mask = np.where(hidden, np.uint8(0), np.uint8(255))
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)
