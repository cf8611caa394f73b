"""Dates and times as text."""

import datetime as dt
import random

import pytest

from geoverify.containers.iso8601 import parse_day, parse_iso8601
from geoverify.errors import MalformedError

LOCAL = dt.datetime(2019, 2, 12, 15, 27, 12)


@pytest.mark.parametrize(
    "text", ["2019-02-12T15:27:12+08:00", "2019-02-12T15:27:12+0800", "2019-02-12T15:27:12+08", "2019:02:12 15:27:12+08:00"]
)
def test_offset_gives_the_instant(text: str) -> None:
    moment = parse_iso8601(text)
    assert (moment.local, moment.offset_minutes) == (LOCAL, 480)
    assert moment.instant_utc == dt.datetime(2019, 2, 12, 7, 27, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["2019-02-12T15:27:12", "2019-02-12 15:27:12", " 2019/02/12 15:27:12 "])
def test_no_offset_stays_unknown(text: str) -> None:
    moment = parse_iso8601(text)
    assert (moment.local, moment.offset_minutes, moment.instant_utc) == (LOCAL, None, None)


def test_zulu_is_an_instant_without_a_local_time() -> None:
    moment = parse_iso8601("2019-02-12T15:27:12Z")
    assert (moment.local, moment.offset_minutes) == (None, None)
    assert moment.instant_utc == LOCAL.replace(tzinfo=dt.UTC)


def test_fraction_and_negative_offset() -> None:
    moment = parse_iso8601("2021-05-25T09:21:51.25-0730")
    assert moment.local == dt.datetime(2021, 5, 25, 9, 21, 51, 250_000)
    assert moment.offset_minutes == -450


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2008",
        "2019-02-12",
        "20190212",
        "2019-02-30T10:00:00",
        "2019-02-12T25:00:00",
        "2019-02-12T10:00:60",
        "0000:00:00 00:00:00",
        "2019-02-12T15:27:12+15:00",
        "2019-02-12T15:27:12+0860",
        "4/21/2012",
        "2019-02/12 10:00:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_refuse(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_iso8601(text)


def test_days() -> None:
    assert parse_day("2019-02-12") == parse_day("20190212") == parse_day("2019:02:12") == dt.date(2019, 2, 12)
    for text in ("", "2019", "2019-0212", "20190230", "2019-02-12T10:00"):
        with pytest.raises(MalformedError):
            parse_day(text)


def test_any_text_parses_or_is_refused() -> None:
    rng = random.Random(2)
    for _ in range(2000):
        text = "".join(rng.choices("0123456789-:T+Z. ", k=rng.randrange(0, 30)))
        for parse in (parse_iso8601, parse_day):
            try:
                parse(text)
            except MalformedError:
                continue
