"""Decoders on files that are made to harm: little memory, little time, and no other file is ever opened."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builders import bombs, clips

from geoverify import opencv
from geoverify.opencv import MAX_IMAGE_PIXELS, load_cv2, open_capture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told and limited on Linux")
# What the process has before it decodes anything, with OpenCV loaded, is some 60 MiB.
MAX_PEAK_BYTES = 700 << 20
DECODE = """
import json, re, sys, time
from pathlib import Path
from geoverify.media import open_media
from geoverify.model import Observation
from geoverify.readers import read_findings
from geoverify.vision.figures import sample_keyframes
from geoverify.vision.film import Film
with open_media(Path(sys.argv[1])) as (media, source):
    findings = [*read_findings(media, source), *sample_keyframes(Film(media, source), 6)]
print(json.dumps({
    "type": media.media_type,
    "frames": sum(isinstance(item, Observation) and item.provenance.reader == "keyframes" for item in findings),
    "problems": [item.code for item in findings if hasattr(item, "code")],
    "peak_bytes": int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) << 10,
    "cpu_s": time.process_time(),
}))
"""


def decode(path):
    done = subprocess.run([sys.executable, "-c", DECODE, str(path)], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_a_picture_of_three_kilobytes_takes_no_gigabytes(tmp_path):
    path = tmp_path / "bomb.avif"
    path.write_bytes(bombs.avif_bomb())
    assert path.stat().st_size < 4096
    found = decode(path)
    assert found["type"] == "image/avif"
    assert found["problems"][-1] == "cannot-decode"
    assert found["peak_bytes"] < MAX_PEAK_BYTES


def test_a_movie_of_sixty_kilobytes_and_six_hundred_monstrous_frames_stays_in_budget(tmp_path):
    path = tmp_path / "bomb.mp4"
    path.write_bytes(bombs.endless_movie(frames=600, side_px=3840))
    assert path.stat().st_size < 65_000
    found = decode(path)
    # It is a sound movie: a few of its frames are looked at, and not all of them.
    assert 1 <= found["frames"] <= 6
    assert found["peak_bytes"] < MAX_PEAK_BYTES
    assert found["cpu_s"] < 20


def test_the_limit_on_pixels_is_there_before_opencv_is():
    code = "import os; from geoverify.opencv import load_cv2; load_cv2(); print(os.environ['OPENCV_IO_MAX_IMAGE_PIXELS'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == MAX_IMAGE_PIXELS


def open_by(path):
    with open_capture(str(path)) as capture:
        return bool(capture.isOpened())


def test_neighbours_of_a_numbered_picture_are_not_opened_as_a_movie(tmp_path):
    for number in range(3):
        (tmp_path / f"seq_{number:02d}.jpg").write_bytes(clips.encode_picture(".jpg", clips.grey(number)))
    assert not open_by(tmp_path / "seq_00.jpg")
    assert not open_by(tmp_path / "seq_%02d.jpg")
    # Left to itself OpenCV takes them for a movie: the test above can fail.
    cv2 = load_cv2()
    capture = cv2.VideoCapture(str(tmp_path / "seq_00.jpg"))
    assert capture.isOpened()
    capture.release()


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile secret.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://192.0.2.1/secret.ts\n#EXT-X-ENDLIST\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
        "v=0\no=- 0 0 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["ffconcat", "m3u8", "m3u8-http", "dash", "sdp"],
)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.mpd", "list.sdp"])
def test_playlists_open_nothing_under_any_name(tmp_path, monkeypatch, text, name):
    clips.write_clip(tmp_path / "secret.mp4")
    (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert not open_by(name)
    found = decode(tmp_path / name)
    assert found["type"] == "application/octet-stream"
    assert found["frames"] == 0


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1/x.mp4", "concat:a.mp4|b.mp4", "subfile,,start,0,end,0,,:a.mp4", "tcp://192.0.2.1:80"]
)
def test_addresses_and_protocols_are_not_opened(address):
    assert not open_by(address)


def test_a_movie_whose_data_lie_in_another_file_does_not_open_it(tmp_path):
    secret = clips.write_clip(tmp_path / "secret.mp4")
    data = clips.write_clip(tmp_path / "clip.mp4").read_bytes()
    at = data.index(b"url ") - 4
    # "In this file" becomes the address of another (ISO/IEC 14496-12 §8.7.2); the movie box stands last, so that nothing moves.
    url = b"file://" + os.fsencode(secret) + b"\0"
    entry = (12 + len(url)).to_bytes(4) + b"url " + bytes(4) + url
    grown = len(entry) - 12
    moved = data[:at] + entry + data[at + 12 :]
    for kind in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        box_at = moved.index(kind) - 4
        moved = moved[:box_at] + (int.from_bytes(moved[box_at : box_at + 4]) + grown).to_bytes(4) + moved[box_at + 4 :]
    path = tmp_path / "outside.mp4"
    path.write_bytes(moved)
    if shutil.which("strace") is None:
        pytest.skip("needs strace to see which files are opened")
    trace = tmp_path / "trace"
    done = subprocess.run(
        ["strace", "-f", "-e", "trace=open,openat,connect", "-o", str(trace), sys.executable, "-c", DECODE, str(path)]
    )
    assert done.returncode == 0
    assert "outside.mp4" in trace.read_text()
    assert "secret.mp4" not in trace.read_text()


def test_names_that_are_no_text_reach_the_decoder(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe clip.mp4"))
    path.write_bytes(clips.write_clip(tmp_path / "clip.mp4").read_bytes())
    done = subprocess.run([sys.executable, "-c", DECODE, os.fsencode(path)], capture_output=True, check=True)
    assert json.loads(done.stdout)["frames"] >= 1


def test_the_whitelists_are_real_containers_and_files_alone():
    options = dict(item.split(";") for item in opencv.CAPTURE_OPTIONS.split("|"))
    assert options["protocol_whitelist"] == "file"
    assert {"concat", "hls", "applehttp", "dash", "sdp", "image2", "rtsp", "lavfi"}.isdisjoint(
        options["format_whitelist"].split(",")
    )
