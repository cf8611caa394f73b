"""Optical character recognition: what reads the words in a picture, as an extra that need not be installed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geoverify.errors import MissingToolError
from geoverify.opencv import load_cv2

# RapidOCR's wheel carries the networks (PP-OCRv6 small: Latin, Chinese and Japanese scripts); the other runs them.
DISTRIBUTIONS = ("rapidocr", "onnxruntime")
CURE = "python -m pip install 'geoverify[ocr]'"
# More threads change neither the result nor the sum of CPU time, and each worker has one processor.
_THREADS = 1
# Named one by one: with a network's file unnamed, RapidOCR would look for it on the internet.
_NETWORKS = {"Det": "PP-OCRv6_det_small.onnx", "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}
# RapidOCR's own floor for what it returns; what is kept of it is a setting.
_MIN_CONFIDENCE = 0.5

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of words in a picture: its upright box in pixels and how sure the recogniser is (0 to 1)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


class Recogniser(Protocol):
    """Reads the words in pictures, without a network connection."""

    def read(self, bgr: Picture) -> list[Line]:
        """The lines of words in a picture (BGR, upright), from top to bottom."""
        ...


def installed_versions() -> dict[str, str | None]:
    """The distributions that recognition needs, each with its version or `None`."""
    return {name: _version(name) for name in DISTRIBUTIONS}


def require_ocr() -> None:
    """Raise `MissingToolError` where what reads words in pictures is not installed; nothing is loaded."""
    missing = [name for name, found in installed_versions().items() if found is None]
    if missing:
        raise MissingToolError(f"reading words in pictures needs {' and '.join(missing)}; {CURE}")


@cache
def load_recogniser() -> Recogniser:
    """Load RapidOCR with the networks of its own wheel; raises `MissingToolError` where that cannot be."""
    require_ocr()
    networks = {f"{part}.model_path": str(path) for part, path in _find_networks().items()}
    # The limits of OpenCV, which RapidOCR imports, are set first.
    load_cv2()
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingToolError(f"RapidOCR does not load ({error}); {CURE}") from error
    logging.disable(logging.CRITICAL)
    try:
        engine = RapidOCR(
            params={
                **networks,
                "Global.log_level": "critical",
                "Global.text_score": _MIN_CONFIDENCE,
                "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": _THREADS,
            }
        )
    finally:
        logging.disable(logging.NOTSET)
    return _RapidOcr(engine)


def _find_networks() -> dict[str, Path]:
    spec = find_spec("rapidocr")
    folders = [] if spec is None or spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    paths = {part: Path(folder, "models", name) for folder in folders for part, name in _NETWORKS.items()}
    missing = [name for part, name in _NETWORKS.items() if part not in paths or not paths[part].is_file()]
    if missing:
        raise MissingToolError(f"this RapidOCR does not carry {', '.join(missing)}; {CURE}")
    return paths


class _RapidOcr:
    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def read(self, bgr: Picture) -> list[Line]:
        found = self._engine(bgr)
        if found.boxes is None or found.txts is None or found.scores is None:
            return []
        return list(_describe(zip(found.boxes, found.txts, found.scores, strict=True)))


def _describe(found: Iterable[tuple[Any, str, float]]) -> Iterable[Line]:
    for corners, text, confidence in found:
        (left, top), (right, bottom) = np.min(corners, axis=0), np.max(corners, axis=0)
        yield Line(
            text=text,
            left=float(left),
            top=float(top),
            right=float(right),
            bottom=float(bottom),
            confidence=float(confidence),
        )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
