"""Frames looked up among reference photographs: found, found mirrored, and not found where there is nothing to find."""

from pathlib import Path

import numpy as np
import pytest

from geoverify.opencv import load_cv2
from geoverify.register.references import load_references, photo_path
from geoverify.vision.features import extract_features
from geoverify.vision.index import IndexEntry, build_index, open_index
from geoverify.vision.matching import match_frame

cv2 = load_cv2()
DEMO = Path(__file__).resolve().parents[2] / "reference_sites" / "demo.geojson"
REFERENCES = load_references(DEMO)


def luma_of(reference):
    return cv2.imread(str(photo_path(DEMO, reference)), cv2.IMREAD_GRAYSCALE)


def entry(reference):
    features = extract_features(luma_of(reference))
    return IndexEntry(site_code=reference.site_code, photo_digest=reference.digest, part=reference.part, features=features)


def entries(references=REFERENCES):
    return [entry(item) for item in references]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "demo.gvi"
    build_index(entries(), path)
    with open_index(path) as opened:
        yield opened


def recompress(luma):
    return cv2.imdecode(cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)


def crop(luma):
    height, width = luma.shape
    return recompress(luma[height // 10 : -height // 12, width // 8 : -width // 20])


def look_up(index, luma):
    return match_frame(index, extract_features(np.ascontiguousarray(luma)))


@pytest.mark.parametrize("number", range(len(REFERENCES)))
def test_a_photo_is_found_recompressed_cropped_and_mirrored(number, index):
    reference = REFERENCES[number]
    for spoil, mirrored in ((recompress, False), (crop, False), (lambda luma: recompress(luma[:, ::-1]), True)):
        best, *rest = look_up(index, spoil(luma_of(reference)))
        found = index.references[best.reference]
        assert (found.photo_digest, best.mirrored) == (reference.digest, mirrored)
        rivals = [match.strength for match in rest if index.references[match.reference].site_code != reference.site_code]
        assert best.strength > 3.0 * max(rivals, default=0.0)
        assert best.frame_cells >= 4


def test_a_frame_with_nothing_in_it_matches_nothing(index):
    blank = np.zeros((600, 800), np.uint8)
    ramp = np.tile(np.linspace(0, 255, 800).astype(np.uint8), (600, 1))
    for frame in (blank, blank + 255, ramp):
        assert look_up(index, frame) == []


def test_noise_and_words_stay_far_under_a_true_match(index):
    weakest = min(look_up(index, recompress(luma_of(item)))[0].strength for item in REFERENCES)
    noise = np.random.default_rng(1).integers(0, 256, (600, 800), dtype=np.uint8)
    words = np.full((600, 800), 255, np.uint8)
    for row in range(60, 600, 60):
        cv2.putText(words, "BREAKING NEWS LIVE 24", (20, row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 0, 3)
    for frame in (noise, words):
        assert max((match.strength for match in look_up(index, frame)), default=0.0) < 0.5 * weakest


def test_an_index_is_the_same_for_the_same_photos_in_any_order_and_takes_over_what_it_knows(tmp_path):
    paths = [tmp_path / name for name in ("a.gvi", "b.gvi", "c.gvi")]
    build_index(entries(REFERENCES[:4]), paths[0])
    build_index(entries(REFERENCES[:4])[::-1], paths[1])
    build_index(entries(REFERENCES[:3]), tmp_path / "less.gvi")
    build_index(entries(REFERENCES[:4]), paths[2], tmp_path / "less.gvi")
    assert len({path.read_bytes() for path in paths}) == 1


def test_a_look_up_is_the_same_each_time(index):
    luma = crop(luma_of(REFERENCES[0]))
    one, two = look_up(index, luma), look_up(index, luma)
    assert [(match.reference, match.strength, match.places) for match in one] == [
        (match.reference, match.strength, match.places) for match in two
    ]
