"""DJI's flight text in a subtitle track, and its angles in the user data."""

import pytest
from builders.dji import text_atom, text_sample
from builders.movies import TrackPlan, absences_of, build_movie, observations_of, points_of, problems_of, read_bytes, values_of

from geoverify.model import CaptureTime, Clock, Heading, North, Reason, TimeMeaning, Track
from geoverify.readers.dji_subtitles import READER
from geoverify.readers.dji_udta import READER as UDTA

TEXT = "2024-01-16 11:30:12,500,123\n[latitude: 11.065400] [longitude: 106.132900] [gb_yaw: {yaw}]"
PAIR = "F/2.8, SS 30, ISO 260, EV 0, GPS (8.2090, 47.4692, 17), D 49.21m, H 45.60m, H.S 0.00m/s, V.S 0.00m/s"


def movie(*texts: str, handler: bytes = b"sbtl", kind: bytes = b"tx3g", **parts) -> bytes:
    samples = [text_sample(text) for text in texts]
    return build_movie(TrackPlan(handler, kind, samples, [1000] * len(samples)), **parts)


@pytest.mark.parametrize(("handler", "kind"), [(b"sbtl", b"tx3g"), (b"text", b"text"), (b"subt", b"sbtt")])
def test_positions_times_and_direction(handler, kind):
    findings = read_bytes(READER, movie(TEXT.format(yaw=-76.0), TEXT.format(yaw=-75.0), handler=handler, kind=kind))
    assert points_of(findings) == [(0.0, 11.0654, 106.1329), (1.0, 11.0654, 106.1329)]
    (time,) = values_of(findings, CaptureTime)
    assert (time.instant_utc, time.clock, time.meaning) == (None, Clock.DEVICE, TimeMeaning.CAPTURED)
    (heading,) = values_of(findings, Heading)
    assert (heading.angle_deg, heading.north) == (pytest.approx(284.5), North.TRUE)
    assert problems_of(findings) == []


def test_a_camera_that_turns_has_no_one_heading():
    findings = read_bytes(READER, movie(TEXT.format(yaw=0), TEXT.format(yaw=120)))
    assert values_of(findings, Heading) == []
    assert [absent.what for absent in absences_of(findings)] == ["heading"]


def test_an_order_that_nothing_proves_is_a_problem():
    findings = read_bytes(READER, movie(PAIR))
    assert points_of(findings) == [(0.0, 47.4692, 8.209)]
    (problem,) = problems_of(findings)
    assert problem.code == "axis-order-assumed"
    assert "assumed" in observations_of(findings, Track)[0].provenance.raw


@pytest.mark.parametrize(
    ("own", "first"), [("+47.4690+008.2080+420.00/", (47.4692, 8.209)), ("+08.2080+047.4690/", (8.209, 47.4692))]
)
def test_the_position_in_the_user_data_proves_the_order(own, first):
    findings = read_bytes(READER, movie(PAIR, user_data=[text_atom(b"\xa9xyz", own)]))
    assert points_of(findings)[0][1:] == first
    assert problems_of(findings) == []
    assert "certain" in observations_of(findings, Track)[0].provenance.raw


@pytest.mark.parametrize("own", ["somewhere", "+00.0000+000.0000/", "+99.0000+000.0000/"])
def test_a_position_that_is_none_proves_nothing(own):
    findings = read_bytes(READER, movie(PAIR, user_data=[text_atom(b"\xa9xyz", own)]))
    assert [problem.code for problem in problems_of(findings)] == ["axis-order-assumed"]


def test_ordinary_subtitles_and_chapters_are_left_after_a_look():
    texts = [f"Line {i} of a film" for i in range(300)]
    assert read_bytes(READER, movie(*texts)) == []


def test_the_gimbal_yaw_of_the_user_data_is_the_heading():
    angles = {b"\xa9fyw": "+12.30", b"\xa9gyw": "-76.50", b"\xa9gpt": "-20.00"}
    findings = read_bytes(UDTA, build_movie(user_data=[text_atom(kind, text) for kind, text in angles.items()]))
    (heading,) = observations_of(findings, Heading)
    assert heading.value == Heading(angle_deg=283.5, north=North.TRUE)
    assert "©fyw=+12.30" in heading.provenance.raw


@pytest.mark.parametrize("text", ["north", "1e5", "+999.0", "--1"])
def test_a_yaw_that_is_no_angle_is_absent(text):
    findings = read_bytes(UDTA, build_movie(user_data=[text_atom(b"\xa9gyw", text)]))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NOT_A_NUMBER]


def test_no_angles_say_nothing():
    assert read_bytes(UDTA, build_movie(user_data=[text_atom(b"\xa9fyw", "+12.30")])) == []
    assert read_bytes(UDTA, build_movie()) == []
