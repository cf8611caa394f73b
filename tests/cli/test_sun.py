"""`geoverify sun`."""

import json

import pytest
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.errors import UsageError

runner = CliRunner()


def run(*args: str):
    return runner.invoke(app, ["sun", *args, "--sites", "demo"])


def test_it_prints_the_sun_and_its_shadow():
    result = run("DM01", "--at", "2026-01-17 09:00+07:00")
    assert result.exit_code == 0
    assert "sun: azimuth 121.8°, elevation 31.8°" in result.stdout
    assert "shadow: towards 301.8°, 1.61 m for each metre of height" in result.stdout
    assert "times of" not in result.stdout


def test_a_measured_shadow_gives_times_and_days_back():
    result = run("DM01", "--at", "2026-01-17 12:00+07:00", "--shadow-bearing", "301.8", "--shadow-ratio", "1.61", "--json")
    answer = json.loads(result.stdout)
    assert answer["shadow_error_deg"] == 5.0
    (span,) = answer["times"]
    assert span["start"] < "2026-01-17T09:00:00+07:00" < span["end"]
    assert span["best"] == "2026-01-17T09:00:00+07:00"
    assert "2026-01-17" in {day["start"][:10] for day in answer["days"]}
    assert "2026-06-17" not in {day["start"][:10] for day in answer["days"]}


def test_with_a_shadow_a_day_alone_will_do():
    shadow = ("--shadow-bearing", "301.8", "--shadow-ratio", "1.61")
    told = run("DM01", "--at", "2026-01-17", *shadow)
    assert "best 09:00" in told.stdout
    assert "sun: azimuth" not in told.stdout
    day, time = (json.loads(run("DM01", "--at", at, *shadow, "--json").stdout) for at in ("2026-01-17", "2026-01-17 12:00+07:00"))
    assert day["at"] == "2026-01-17"
    assert [day["azimuth_deg"], day["elevation_deg"], day["shadow_ratio"]] == [None, None, None]
    assert (day["times"], day["days"]) == (time["times"], time["days"])


def test_a_time_without_an_offset_is_the_sites_own():
    assert (
        run("DM01", "--at", "2026-01-17 09:00").stdout.splitlines()[2:]
        == run("DM01", "--at", "2026-01-17T02:00:00Z").stdout.splitlines()[2:]
    )


def test_at_night_there_is_no_shadow():
    assert "shadow: none" in run("DM01", "--at", "2026-01-17 23:00+07:00").stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("XX", "--at", "2026-01-17 09:00+07:00"), "no site has this code"),
        (("DM01", "--at", "yesterday"), "write it as"),
        (("DM01", "--at", "2026-01-17"), "write it as"),
        (("DM01", "--at", "1066-10-14 09:00+00:00"), "from 1950"),
        (("DM01", "--at", "2026-01-17 09:00+07:00", "--shadow-error", "3"), "give --shadow-bearing"),
    ],
)
def test_errors_say_what_to_do(args, words):
    result = run(*args)
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
