"""A register with reference photographs of drawn scenes and their index, and footage that shows the same scenes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from builders import clips
from builders.overlays import compress, scene
from geoverify.opencv import load_cv2
from geoverify.references.building import build_references
from geoverify.register.load import resolve_register
from geoverify.register.references import Reference, save_references, store_photo
from geoverify.settings import Settings

Picture = NDArray[np.uint8]
SIZE = (600, 800)
# Where the camera of every reference stood and looked.
POSITION, HEADING_DEG = (9.6, 101.9), 245.0


def build_gallery(folder: Path, photos: Mapping[str, Sequence[Picture]], **fields: object) -> Path:
    """A copy of the demo register in a folder, with photos of its sites as references; returns its path."""
    register = Path(shutil.copy(resolve_register("demo"), folder / "mine.geojson"))
    references = []
    for code, pictures in photos.items():
        for picture in pictures:
            data = clips.encode_picture(".jpg", picture)
            references.append(
                Reference(
                    site_code=code,
                    digest=hashlib.sha256(data).hexdigest(),
                    media_type="image/jpeg",
                    width_px=picture.shape[1],
                    height_px=picture.shape[0],
                    lat_deg=POSITION[0],
                    lon_deg=POSITION[1],
                    heading_deg=HEADING_DEG,
                    source="drawn",
                    **fields,  # type: ignore[arg-type]
                )
            )
            store_photo(register, iter([data]), references[-1].digest, "image/jpeg")
    save_references(register, references)
    build_references(register, Settings())
    return register


def cropped(seed: int, *, mirrored: bool = False, right_px: int = 0) -> Picture:
    """A scene as a platform leaves it: cropped and compressed."""
    picture = compress(np.ascontiguousarray(scene(seed, SIZE)[30:570, 60 + right_px : 740 + right_px]), 50)
    return np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture


def write_photo(path: Path, picture: Picture) -> Path:
    """A JPEG without metadata."""
    ok, data = load_cv2().imencode(".jpg", picture, [load_cv2().IMWRITE_JPEG_QUALITY, 70])
    assert ok
    path.write_bytes(bytes(data))
    return path
