"""The second witness: silent where it agrees, heard where it does not, and never in the way."""

import subprocess
import sys
import time
from typing import Any

import pytest
from builders import jpeg, tiff

from geoverify.containers.tiff import Directory, Tiff
from geoverify.media import MemorySource
from geoverify.model import Finding, MediaFile, MediaKind, Observation, Position, Problem
from geoverify.readers import _exif_witness, exif
from geoverify.readers._exif_witness import MAX_READS, read_witness

GOOD = tiff.gps_tags(-33.8568, 151.2153)


def gps_of(data: bytes) -> Directory:
    return next(directory for directory in Tiff(MemorySource(data)).walk() if directory.name == "GPS")


def read(data: bytes) -> list[Finding]:
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=len(data), digest=None)
    return list(exif.READER.read(media, MemorySource(data)))


def positions(findings: list[Finding]) -> list[tuple[str, Position]]:
    seen = (item for item in findings if isinstance(item, Observation))
    return [(item.provenance.reader, item.value) for item in seen if isinstance(item.value, Position)]


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(51.5, 0.1), (-33.8568, 151.2153), (-22.95, -43.21), (40.69, -74.04)])
def test_it_reads_the_same_position_in_every_hemisphere(byte_order: str, lat_deg: float, lon_deg: float) -> None:
    found = read_witness(gps_of(tiff.build_exif(gps=tiff.gps_tags(lat_deg, lon_deg), byte_order=byte_order)))
    assert found is not None
    assert found[:2] == pytest.approx((lat_deg, lon_deg), abs=1e-7)


def test_it_reads_values_that_stand_before_the_directory_and_far_behind_it() -> None:
    block = tiff.build_exif(gps=GOOD)
    value_at = len(block) + 10_000
    numbers = tiff.degrees(33.8568).encode("<")[1]
    moved = GOOD | {2: tiff.Field(tiff.RATIONAL, (0,) * 6, offset=value_at)}
    found = read_witness(gps_of((tiff.build_exif(gps=moved)).ljust(value_at, b"\0") + numbers))
    assert found is not None
    assert found[0] == pytest.approx(-33.8568, abs=1e-7)


def test_agreement_is_silent() -> None:
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(gps=GOOD))))
    assert [reader for reader, _ in positions(findings)] == ["exif"]
    assert not any(isinstance(item, Problem) for item in findings)


def test_disagreement_is_a_second_observation_and_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "read_witness", lambda gps: (33.8568, 151.2153, "raw"))
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(gps=GOOD))))
    assert [(reader, round(position.lat_deg, 4)) for reader, position in positions(findings)] == [
        ("exif", -33.8568),
        ("exifread", 33.8568),
    ]
    (problem,) = (item for item in findings if isinstance(item, Problem))
    assert problem.code == "witnesses-disagree"


def test_it_is_not_asked_where_there_is_no_position(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(gps: Directory) -> None:
        pytest.fail("asked without a position")

    monkeypatch.setattr(exif, "read_witness", never)
    read(jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(gps=GOOD | {2: tiff.rational((0, 0))}))))


@pytest.mark.parametrize(
    "change",
    [
        {1: tiff.ascii_text("?")},
        {2: tiff.rational((0, 0), (0, 0), (0, 0))},
        {2: tiff.ascii_text("33.8568")},
        {2: tiff.Field(tiff.DOUBLE, (33.8,))},
        {4: tiff.Field(99, b"abcd")},
        {2: tiff.Field(tiff.RATIONAL, (1, 1), offset=0xFFFFFFF0)},
        {0: tiff.Field(tiff.BYTE, bytes(8), count=900)},
    ],
)
def test_what_it_cannot_read_is_no_disagreement(change: dict[int, tiff.Field]) -> None:
    block = tiff.build_exif(gps=GOOD | change)
    read_witness(gps_of(block))
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(block)))
    assert "exifread" not in [reader for reader, _ in positions(findings)]


def test_big_tiff_is_not_for_it() -> None:
    assert read_witness(gps_of(tiff.build_exif(gps=GOOD, is_big=True))) is None


@pytest.mark.parametrize("failure", [RecursionError, MemoryError, ValueError, KeyError, ZeroDivisionError, OverflowError])
def test_whatever_it_raises_stays_inside(monkeypatch: pytest.MonkeyPatch, failure: type[Exception]) -> None:
    class Broken:
        @staticmethod
        def process_file(*_: object, **__: object) -> dict[str, Any]:
            raise failure

    monkeypatch.setattr(_exif_witness, "_load_exifread", lambda: Broken)
    assert read_witness(gps_of(tiff.build_exif(gps=GOOD))) is None


def test_a_directory_that_would_keep_it_for_hours_is_given_up() -> None:
    # Every entry claims 999 numbers, in more entries than any camera writes.
    endless = {0x8000 + index: tiff.Field(tiff.SHORT, bytes(2), count=999) for index in range(1000)}
    block = tiff.build_exif(gps={tag: field for tag, field in endless.items() if tag > 4})
    start = time.process_time()
    assert read_witness(gps_of(block)) is None
    assert time.process_time() - start < 1


def test_its_budget_is_counted_in_reads() -> None:
    file = _exif_witness._BlockFile(gps_of(tiff.build_exif(gps=GOOD)))
    for _ in range(MAX_READS):
        file.read(1)
    with pytest.raises(_exif_witness._OverBudgetError):
        file.read(1)


def test_its_file_has_the_bytes_of_the_block_behind_a_header_of_its_own() -> None:
    block = tiff.build_exif(gps=GOOD, byte_order=">")
    gps = gps_of(block)
    file = _exif_witness._BlockFile(gps)
    for at in range(8, len(block) - 4):
        file.seek(at)
        assert file.read(4) == block[at : at + 4]
    file.seek(0)
    assert file.read(12) == b"MM\0*" + len(block).to_bytes(4) + block[8:12]
    file.seek(len(block))
    assert file.read(2) == b"\0\1"


def test_it_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, geoverify.readers.exif; sys.exit('exifread' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
