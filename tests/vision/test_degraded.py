"""A real place is recognised in a photograph that was turned, mirrored, cropped, enlarged or compressed on its way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from builders import clips, tiff
from builders.jpeg import insert_exif_jpeg
from builders.overlays import Picture, compress

from geoverify.media import MemorySource, sniff_type
from geoverify.model import MediaFile
from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.vision.calibration import weigh_figures
from geoverify.vision.features import Features, extract_features
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames
from geoverify.vision.index import IndexEntry, ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_single
from geoverify.vision.matching import match_frame

SITES = ("lund", "brighton", "cyprus", "seneca_0")
NAMING = Settings().naming_visual_log10


def features_of(data: bytes) -> Features:
    """The features of a file, by the way that all files take."""
    kind, media_type = sniff_type(data)
    media = MediaFile(path="file", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    (frame,) = sample_frames(Film(media, MemorySource(data)), 1)
    return extract_features(load_cv2().cvtColor(frame.bgr, load_cv2().COLOR_BGR2GRAY), mask_single(frame.bgr))


@pytest.fixture(scope="module")
def index(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceIndex]:
    path = tmp_path_factory.mktemp("index") / "index.gvi"
    photos = [
        (site, shared / "corpora" / "visual" / "reference" / f"{site}__r{number}.jpg") for site in SITES for number in (0, 1)
    ]
    entries = [
        IndexEntry(site_code=site, photo_digest=photo.name.encode().hex(), features=features_of(photo.read_bytes()))
        for site, photo in photos
    ]
    build_index(entries, path)
    with open_index(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def photo(shared: Path) -> Picture:
    """A photograph of the first place that is none of its references, at half the size."""
    path = min((shared / "corpora" / "visual" / "query").glob(f"{SITES[0]}__*"))
    picture: Picture = load_cv2().imread(str(path), load_cv2().IMREAD_COLOR)
    return picture


def jpeg(picture: Picture, quality: int = 80) -> bytes:
    return clips.encode_picture(".jpg", compress(np.ascontiguousarray(picture), quality))


def turned_by_exif(picture: Picture) -> bytes:
    exif = tiff.build_exif(ifd0=tiff.camera_tags("Maker", "Model", orientation=6))
    return insert_exif_jpeg(jpeg(np.rot90(picture, 1)), exif)


def enlarged(picture: Picture) -> bytes:
    cv2 = load_cv2()
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return jpeg(cv2.resize(small, None, fx=3.0, fy=3.0, interpolation=cv2.INTER_CUBIC))


def cropped(picture: Picture) -> bytes:
    high, wide = picture.shape[:2]
    return jpeg(picture[high // 8 : -high // 8, wide // 8 : -wide // 8])


WAYS: dict[str, Callable[[Picture], bytes]] = {
    "as it is": jpeg,
    "turned, as EXIF says": turned_by_exif,
    "turned, as nothing says": lambda picture: jpeg(np.rot90(picture, 1)),
    "upside down": lambda picture: jpeg(np.rot90(picture, 2)),
    "mirrored": lambda picture: jpeg(picture[:, ::-1]),
    "cropped": cropped,
    "enlarged": enlarged,
    "compressed": lambda picture: jpeg(picture, 20),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_place_and_no_other_is_named(index: ReferenceIndex, photo: Picture, way: str) -> None:
    found = match_frame(index, features_of(WAYS[way](photo)))
    named = {
        index.references[match.reference].site_code: match.mirrored
        for match in reversed(found)
        if weigh_figures(match.strength, match.places, match.tried, min(match.frame_cells, match.reference_cells)) >= NAMING
    }
    assert named == {SITES[0]: way == "mirrored"}
