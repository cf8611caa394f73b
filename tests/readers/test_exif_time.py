"""Times out of EXIF: an offset that nobody stated stays unknown, and what is no time is absent."""

import datetime as dt

import pytest
from builders import jpeg, tiff
from hypothesis import given
from hypothesis import strategies as st

from geoverify.media import MemorySource
from geoverify.model import Absent, CaptureTime, Clock, Finding, MediaFile, MediaKind, Observation, Reason, TimeMeaning
from geoverify.readers.exif import READER

ORIGINAL, SUB_SEC, OFFSET, ZONE = 0x9003, 0x9291, 0x9011, 0x882A
TEN = dt.datetime(2026, 1, 17, 10, 20, 30)


def read(exif: dict[int, tiff.Field], ifd0: dict[int, tiff.Field] | None = None) -> list[Finding]:
    data = jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(ifd0=ifd0, exif=exif)))
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=len(data), digest=None)
    return list(READER.read(media, MemorySource(data)))


def times(findings: list[Finding]) -> list[CaptureTime]:
    return [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, CaptureTime)]


def captured(text: str, **more: tiff.Field) -> CaptureTime:
    names = {"fraction": SUB_SEC, "offset": OFFSET, "zone": ZONE}
    (time,) = times(read({ORIGINAL: tiff.ascii_text(text)} | {names[name]: field for name, field in more.items()}))
    return time


def reasons(findings: list[Finding]) -> dict[str, Reason]:
    return {item.what: item.reason for item in findings if isinstance(item, Absent)}


@given(
    local=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)),
    offset_minutes=st.one_of(st.none(), st.integers(-12 * 60, 14 * 60)),
)
def test_any_time_comes_back(local: dt.datetime, offset_minutes: int | None) -> None:
    original, _ = times(read(tiff.time_tags(local, offset_minutes)))
    assert original.local == local
    assert original.offset_minutes == offset_minutes
    if offset_minutes is None:
        assert original.instant_utc is None
    else:
        assert original.instant_utc == (local - dt.timedelta(minutes=offset_minutes)).replace(tzinfo=dt.UTC)


def test_an_unknown_offset_stays_unknown() -> None:
    assert captured("2026:01:17 10:20:30") == CaptureTime(local=TEN, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED)


@pytest.mark.parametrize(
    "text",
    ["2026:01:17 10:20:30", "2026-01-17T10:20:30", "2026/01/17 10:20:30", "2026:1:17 10:20:30 ", "2026.01.17  10:20:30"],
)
def test_separators_that_programs_write_are_accepted(text: str) -> None:
    assert captured(text).local == TEN


def test_fractions_stand_in_their_own_field_or_in_the_time() -> None:
    assert captured("2026:01:17 10:20:30", fraction=tiff.ascii_text("05")).local == TEN.replace(microsecond=50_000)
    assert captured("2026:01:17 10:20:30", fraction=tiff.ascii_text("123456789")).local == TEN.replace(microsecond=123_456)
    assert captured("2026:01:17 10:20:30.847").local == TEN.replace(microsecond=847_000)
    assert captured("2026:01:17 10:20:30.847", fraction=tiff.ascii_text("1")).local == TEN.replace(microsecond=847_000)


@pytest.mark.parametrize("fraction", ["", "   ", "x", "-5", "²"])
def test_a_fraction_that_is_no_number_is_none(fraction: str) -> None:
    assert captured("2026:01:17 10:20:30", fraction=tiff.ascii_text(fraction)).local == TEN


@pytest.mark.parametrize(
    ("offset", "minutes"),
    [
        ("+07:00", 420),
        ("-03:30", -210),
        ("+0545", 345),
        ("Z", 0),
        ("+14:00", 840),
        ("-12:00", -720),
        ("   :  ", None),
        ("", None),
    ],
)
def test_offsets(offset: str, minutes: int | None) -> None:
    assert captured("2026:01:17 10:20:30", offset=tiff.ascii_text(offset)).offset_minutes == minutes


@pytest.mark.parametrize(
    ("offset", "reason"),
    [
        ("+25:00", Reason.OUT_OF_RANGE),
        ("+14:30", Reason.OUT_OF_RANGE),
        ("+07:99", Reason.NOT_A_NUMBER),
        ("ICT", Reason.NOT_A_NUMBER),
    ],
)
def test_an_offset_that_no_zone_has_is_absent_and_the_time_stays(offset: str, reason: Reason) -> None:
    findings = read({ORIGINAL: tiff.ascii_text("2026:01:17 10:20:30"), OFFSET: tiff.ascii_text(offset)})
    (time,) = times(findings)
    assert (time.local, time.offset_minutes, time.instant_utc) == (TEN, None, None)
    assert reasons(findings)["time offset"] is reason


@pytest.mark.parametrize(
    ("text", "minutes"), [("2026:01:17 10:20:30+07:00", 420), ("2026-01-17T10:20:30Z", 0), ("2026:01:17 10:20:30GMT+2", 120)]
)
def test_an_offset_inside_the_time_is_read(text: str, minutes: int) -> None:
    assert captured(text).offset_minutes == minutes
    assert captured(text, offset=tiff.ascii_text("-01:00")).offset_minutes == -60


def test_the_zone_of_tiff_ep_is_whole_hours() -> None:
    zone = tiff.Field(tiff.SSHORT, (7, -5))
    assert captured("2026:01:17 10:20:30", zone=zone).offset_minutes == 420
    findings = read({ZONE: zone}, {0x0132: tiff.ascii_text("2026:01:17 10:20:30")})
    assert [time.offset_minutes for time in times(findings)] == [-300]
    assert captured("2026:01:17 10:20:30", zone=tiff.Field(tiff.SSHORT, (99,))).offset_minutes is None


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "",
        "2026:02:30 10:20:30",
        "2026:01:17 24:60:00",
        "2026:01:17 24:00:00",
        "2026:01:17 10:20:30 PM",
        "17:01:2026 10:20:30",
        "2026:01:17 10",
        "yesterday",
        "２０２６:01:17 10:20:30",
    ],
)
def test_what_is_no_time_is_absent(text: str) -> None:
    findings = read({ORIGINAL: tiff.ascii_text(text)})
    assert times(findings) == []
    assert reasons(findings)["time"] in (Reason.NOT_A_DATE, Reason.NOT_A_NUMBER)


def test_a_bare_date_is_a_day() -> None:
    time = captured("2026:01:17", fraction=tiff.ascii_text("99"))
    assert (time.local, time.resolution_s) == (dt.datetime(2026, 1, 17), 86_400)


def test_the_three_times_keep_their_meanings_and_their_own_offsets() -> None:
    exif = {
        0x9003: tiff.ascii_text("2026:01:17 10:20:30"),
        0x9011: tiff.ascii_text("+07:00"),
        0x9004: tiff.ascii_text("2026:01:18 10:20:30"),
        0x9010: tiff.ascii_text("+01:00"),
        0x9290: tiff.ascii_text("5"),
    }
    found = times(read(exif, {0x0132: tiff.ascii_text("2026:01:19 10:20:30")}))
    assert [(time.meaning, time.offset_minutes) for time in found] == [
        (TimeMeaning.CAPTURED, 420),
        (TimeMeaning.DIGITIZED, None),
        (TimeMeaning.MODIFIED, 60),
    ]
    assert found[2].local == dt.datetime(2026, 1, 19, 10, 20, 30, 500_000)


def test_times_of_raw_files_stand_in_the_first_directory() -> None:
    assert times(read({}, {ORIGINAL: tiff.ascii_text("2026:01:17 10:20:30")}))[0].local == TEN


def test_the_edge_of_the_calendar_has_no_instant() -> None:
    time = captured("0001:01:01 00:00:00", offset=tiff.ascii_text("+07:00"))
    assert time.instant_utc is None
    assert time.local == dt.datetime(1, 1, 1)
