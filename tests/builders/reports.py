"""Reports made by the real reasoning over built observations."""

import datetime as dt

from builders.scenes import SETTINGS, fix, register, seen, site
from geoverify.model import Digest, Findings, MediaFile, MediaKind, Observation, Problem, Software, Value
from geoverify.results import Report
from geoverify.verify import Reading, make_kit, verify_reading

EXAMINED_AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
HOSTILE = "=cmd|'/C calc'!A0\x1b[31m\n[/red]\u202egpj"


def report_of(*observations: Observation[Value], path: str = "footage/clip.jpg", problems: tuple[Problem, ...] = ()) -> Report:
    """The report of a file with these observations, against one square site `A`."""
    media = MediaFile(
        path=path,
        kind=MediaKind.IMAGE,
        media_type="image/jpeg",
        size_bytes=1234,
        digest=Digest(algorithm="sha256", hex="ab" * 32),
    )
    reading = Reading(media=media, content=Findings(observations=observations, problems=problems))
    return verify_reading(reading, make_kit(register(site("A")), SETTINGS), EXAMINED_AT)


def hostile_report() -> Report:
    """A report in which every text that a file can choose is hostile."""
    return report_of(
        fix(0, 0),
        seen(Software(name=HOSTILE), field=HOSTILE),
        path=HOSTILE,
        problems=(Problem(code="malformed", message=HOSTILE, where="media"),),
    )
