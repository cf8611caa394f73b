"""What the reading of a file's bytes depends on is part of its key in a case."""

import datetime as dt

import msgspec
import pytest

from geoverify.basis import describe_reading
from geoverify.settings import Settings
from geoverify.worker import Job

JOB = Job(registers=[], settings=Settings(), examined_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_reading_words_in_pictures_is_another_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    with_words = msgspec.structs.replace(JOB, reads_words=True)
    keys = {describe_reading(JOB), describe_reading(with_words)}
    for changed in ({"ocr_frame_count": 2}, {"min_ocr_confidence": 0.9}):
        settings = msgspec.structs.replace(JOB.settings, **changed)
        keys.add(describe_reading(msgspec.structs.replace(with_words, settings=settings)))
        # Without --ocr they change nothing of what is read.
        assert describe_reading(msgspec.structs.replace(JOB, settings=settings)) == describe_reading(JOB)
    monkeypatch.setattr("geoverify.basis.installed_versions", lambda: {"rapidocr": "0", "onnxruntime": "0"})
    keys.add(describe_reading(with_words))
    assert len(keys) == 5
