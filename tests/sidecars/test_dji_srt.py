"""DJI's .SRT files beside the video."""

import pytest
from builders.dji import flight_text
from builders.sidecars import MEDIA, observations_of, problems_of, put, values_of

from geoverify.model import CaptureTime, Heading, Track, Who
from geoverify.sidecars import read_sidecars


@pytest.mark.parametrize("name", ["DJI_0001.SRT", "DJI_0001.srt"])
def test_the_text_beside_the_video_is_its_track(tmp_path, name):
    video = put(tmp_path / "DJI_0001.MP4", MEDIA)
    put(tmp_path / name, flight_text().encode())
    result = read_sidecars(video)
    (track,) = values_of(result, Track)
    assert [(point.time_s, point.position.lat_deg, point.position.lon_deg) for point in track.points] == [
        (0.0, 11.0654, 106.1329),
        (1.0, 11.0655, 106.133),
    ]
    assert len(values_of(result, CaptureTime)) == 1
    assert values_of(result, Heading)[0].angle_deg == pytest.approx(90.0)
    assert {(item.provenance.file, item.provenance.who) for item in observations_of(result)} == {(name, Who.DEVICE)}
    assert problems_of(result) == []


def test_ordinary_subtitles_are_nobodys_sidecar(tmp_path):
    video = put(tmp_path / "film.mp4", MEDIA)
    put(tmp_path / "film.srt", b"1\n00:00:01,000 --> 00:00:02,000\nWe drove to the house.\n")
    assert observations_of(read_sidecars(video)) == []


def test_the_shared_samples(shared, tmp_path):
    folder = shared / "corpora" / "metadata" / "DJI_SRT_Parser" / "samples"
    expected = {
        "air2s.srt": (41.424724, 2.234156),
        "broken_incomplete.SRT": (-34.7383, -58.4563),
        "broken_incomplete2.SRT": (-34.869950, -57.823395),
        "matrice_300.srt": (36.6146, -6.1120),
        "mavic_2_style.SRT": (-20.2533, 149.0251),
        "mavic_air2.srt": (41.420684, 2.162162),
        "mavic_mini.SRT": (48.0771, -121.7458),
        "mavic_pro.SRT": (-20.2533, 149.0251),
        "mavic_pro_buggy.SRT": (42.4668, -1.2218),
        "mix_p4rtk_mavic2pro.srt": (-34.650200, -59.409424),
        "old_format.SRT": (-20.2533, 149.0251),
        "p4_rtk.SRT": (-34.237922, -58.851745),
        "p4p_sample.SRT": (47.4692, 8.2090),
        "mavic_air.SRT": None,
        "broken_empty.SRT": None,
        "broken_empty2.SRT": None,
    }
    for name, first in expected.items():
        place = tmp_path / name
        place.mkdir()
        video = put(place / "clip.mp4", MEDIA)
        put(place / "clip.srt", (folder / name).read_bytes())
        tracks = values_of(read_sidecars(video), Track)
        found = [(track.points[0].position.lat_deg, track.points[0].position.lon_deg) for track in tracks]
        assert found == ([first] if first else []), name
