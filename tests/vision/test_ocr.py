"""The recogniser itself, where the extra is installed: it reads rendered words, opens no connection and repeats itself."""

import socket
from importlib.util import find_spec

import numpy as np
import pytest
from builders.overlays import scene

from geoverify.errors import MissingToolError
from geoverify.opencv import load_cv2
from geoverify.vision import ocr

needs_ocr = pytest.mark.skipif(
    find_spec("rapidocr") is None or find_spec("onnxruntime") is None, reason="needs the extra geoverify[ocr]"
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@needs_ocr
@pytest.mark.filterwarnings("ignore")
def test_rendered_words_are_read_with_their_places_and_without_a_network(no_network: None) -> None:
    cv2 = load_cv2()
    shown = np.full((360, 760, 3), 190, np.uint8)
    cv2.putText(shown, "SALT MOON CENTRE", (60, 110), cv2.FONT_HERSHEY_DUPLEX, 2.0, (40, 20, 20), 4, cv2.LINE_AA)
    cv2.putText(shown, "10.6123N 103.5231E", (60, 300), cv2.FONT_HERSHEY_DUPLEX, 1.0, (250, 250, 250), 2, cv2.LINE_AA)
    recogniser = ocr.load_recogniser()
    lines = recogniser.read(shown)
    assert [line.text.replace(" ", "") for line in lines] == ["SALTMOONCENTRE", "10.6123N103.5231E"]
    sign = lines[0]
    assert 40 < sign.left < 70 and 50 < sign.top < 75 and 600 < sign.right < 700 and 105 < sign.bottom < 130
    assert all(line.confidence > 0.9 for line in lines)
    assert recogniser.read(shown) == lines


@needs_ocr
@pytest.mark.filterwarnings("ignore")
def test_a_front_without_words_and_no_picture_have_none() -> None:
    recogniser = ocr.load_recogniser()
    front = scene(1, (240, 240))
    assert [line.text for line in recogniser.read(front) if line.confidence > 0.7] == []
    assert recogniser.read(np.zeros((1, 1, 3), np.uint8)) == []


def test_what_is_not_installed_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed_versions", lambda: {"rapidocr": None, "onnxruntime": "1.0"})
    with pytest.raises(MissingToolError, match=r"needs rapidocr; python -m pip install 'geoverify\[ocr\]'"):
        ocr.require_ocr()


@needs_ocr
def test_a_network_that_the_wheel_lacks_is_never_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_NETWORKS", {"Det": "gone.onnx"})
    ocr.load_recogniser.cache_clear()
    with pytest.raises(MissingToolError, match=r"does not carry gone\.onnx"):
        ocr.load_recogniser()
