"""Sampled frames: the right ones, measured alike, within their budgets."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from builders import clips, isobmff

from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import Absent, Finding, Keyframe, MediaFile, MediaKind, Observation, Problem, Reason
from geoverify.opencv import load_cv2
from geoverify.vision import keyframes
from geoverify.vision.figures import measure_frame, measure_warmth, read_frames, sample_keyframes
from geoverify.vision.film import Film
from geoverify.vision.hdr_colours import find_wide_colours, flatten_entry, flatten_sample
from geoverify.vision.key_clip import find_key_samples


def sample(path: Path, count: int = 6) -> list[Finding]:
    with open_media(path) as (media, source):
        return list(sample_keyframes(Film(media, source), count))


def sample_bytes(data: bytes, media_type: str | None = None) -> list[Finding]:
    kind, sniffed = sniff_type(data)
    media = MediaFile(path="picture", kind=kind, media_type=media_type or sniffed, size_bytes=len(data), digest=None)
    return list(sample_keyframes(Film(media, MemorySource(data)), 6))


def frames_of(findings: list[Finding]) -> list[Keyframe]:
    frames = [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, Keyframe)]
    assert len(frames) == len(findings), findings
    return frames


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.3gp", "clip.mkv", "clip.ts"])
def test_frames_are_spread_and_are_those_of_their_times(tmp_path: Path, name: str) -> None:
    frames = frames_of(sample(clips.write_clip(tmp_path / name)))
    times = [frame.time_s for frame in frames]
    assert len(frames) == 6
    assert times == sorted(times) and times[0] <= 4 / 6 and times[-1] >= 4 * 5 / 6
    for frame in frames:
        assert frame.brightness == pytest.approx(2 * frame.time_s * clips.FPS, abs=4)


def test_codecs_that_are_skipped_through(tmp_path: Path) -> None:
    for name, fourcc in (("clip.avi", "MJPG"), ("clip.webm", "VP80")):
        frames = frames_of(sample(clips.write_clip(tmp_path / name, fourcc=fourcc)))
        assert len(frames) >= 5
        assert all(frame.brightness == pytest.approx(2 * frame.time_s * clips.FPS, abs=4) for frame in frames)


def test_parts_beyond_the_steps_are_sought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyframes, "MAX_STEPS", 20)
    frames = frames_of(sample(clips.write_clip(tmp_path / "clip.avi", fourcc="MJPG")))
    assert len(frames) == 6
    assert all(frame.brightness == pytest.approx(2 * frame.time_s * clips.FPS, abs=6) for frame in frames)


def test_fewer_key_frames_than_asked_for(tmp_path: Path) -> None:
    assert [frame.time_s for frame in frames_of(sample(clips.write_clip(tmp_path / "clip.mp4", 10, clips.checkers)))] == [0.0]


def test_metadata_put_in_keeps_the_frames_in_place(tmp_path: Path) -> None:
    plain = clips.write_clip(tmp_path / "plain.mp4")
    expected = frames_of(sample(plain))
    path = tmp_path / "tagged.mp4"
    for data in (plain.read_bytes(), isobmff.movie_first(plain.read_bytes())):
        tagged = isobmff.with_metadata(data, xyz="+10.6+103.5/", loci=(10.6, 103.5), keys={"k": "v" * 300})
        assert len(tagged) > len(data)
        path.write_bytes(tagged)
        assert frames_of(sample(path)) == expected


def test_rotation_turns_the_frames_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.mp4"
    clip = clips.write_clip(tmp_path / "clip.mp4", frames=30, paint=clips.checkers)
    path.write_bytes(isobmff.with_metadata(clip.read_bytes(), rotation_deg=90))
    with open_media(path) as (media, source):
        luma = next(read_frames(Film(media, source), 1)).luma
    assert luma.shape == (320, 240)
    # The bright top of what the sensor saw is on the right after a quarter turn clockwise.
    assert luma[:, -50:].mean() > 200 > luma[:, :50].mean()


def test_an_edit_list_moves_and_hides_frames(tmp_path: Path) -> None:
    data = clips.write_clip(tmp_path / "clip.mp4").read_bytes()
    at = data.index(b"elst")
    # The edit (14496-12 §8.6.6) starts two seconds into the media: 25 frames a second at the muxer's 12,800 units.
    assert struct.unpack_from(">II", data, at + 4) == (0, 1)
    edited = data[: at + 12] + struct.pack(">Ii", 2000, 2 * 12_800) + data[at + 20 :]
    path = tmp_path / "edited.mp4"
    path.write_bytes(edited)
    for frame in frames_of(sample(path)):
        assert frame.brightness == pytest.approx(2 * (frame.time_s + 2) * clips.FPS, abs=6)


def test_a_clip_holds_nothing_but_its_key_frames(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "clip.mp4", 400, clips.checkers)
    with open_media(path) as (_, source):
        samples = find_key_samples(source)
        assert samples is not None
        rows = samples.choose(3)
        clip = samples.cut(rows)
    assert [samples.time_s(row) for row in rows] == pytest.approx((16 / 6, 16 / 2, 16 * 5 / 6), abs=0.5)
    assert len(clip) < path.stat().st_size / 10


def test_monsters_are_not_decoded(tmp_path: Path) -> None:
    data = clips.write_clip(tmp_path / "clip.mp4").read_bytes()
    at = data.index(b"mp4v") + 28
    assert struct.unpack_from(">HH", data, at) == (320, 240)
    path = tmp_path / "monster.mp4"
    path.write_bytes(data[:at] + struct.pack(">HH", 60_000, 60_000) + data[at + 4 :])
    (problem,) = sample(path)
    assert isinstance(problem, Problem) and problem.code == "cannot-decode" and "60000×60000" in problem.message


def test_pictures() -> None:
    cv2 = load_cv2()
    sharp = cv2.resize(clips.checkers(0), (1600, 1200), interpolation=cv2.INTER_NEAREST)
    for suffix in (".jpg", ".png", ".webp", ".tif", ".bmp"):
        (frame,) = frames_of(sample_bytes(clips.encode_picture(suffix, sharp)))
        (blurred,) = frames_of(sample_bytes(clips.encode_picture(suffix, cv2.blur(sharp, (31, 31)))))
        assert frame.time_s == 0.0
        assert frame.brightness == pytest.approx(sharp.mean(), abs=3)
        assert frame.sharpness > 3 * blurred.sharpness


@pytest.mark.parametrize("side", [8, 100, 700, 1500, 3000, 4500])
def test_reduced_decoding_hardly_changes_the_figures(side: int) -> None:
    cv2 = load_cv2()
    texture = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    pixels = cv2.resize(texture, (side, side), interpolation=cv2.INTER_CUBIC)
    sharpness, brightness = measure_frame(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    (frame,) = frames_of(sample_bytes(clips.encode_picture(".jpg", pixels)))
    assert frame.brightness == pytest.approx(brightness, abs=1)
    assert frame.sharpness == pytest.approx(sharpness, rel=0.15, abs=1)


def test_what_has_no_decoder_is_said_to_have_none() -> None:
    for media_type in ("image/heic", "image/jxl", "image/x-canon-cr3"):
        (missing,) = sample_bytes(b"\0" * 100, media_type)
        assert isinstance(missing, Absent) and missing.reason is Reason.UNSUPPORTED and media_type in missing.detail


def test_damage_is_a_problem_and_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    jpeg = clips.encode_picture(".jpg", clips.checkers(0))
    png = bytearray(clips.encode_picture(".png", clips.checkers(0)))
    png[20] ^= 0xFF
    for data in (jpeg[:30], jpeg[: len(jpeg) // 2], bytes(png)):
        (problem,) = sample_bytes(data)
        assert isinstance(problem, Problem) and problem.code == "cannot-decode"
    # libjpeg warns of this one and goes on.
    frames_of(sample_bytes(jpeg[: len(jpeg) // 2] + b"\xff\xd9"))
    assert capfd.readouterr() == ("", "")


def test_a_file_without_pictures_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clips.write_clip(tmp_path / "clip.mp4").read_bytes()[:5000])
    (missing,) = sample(path)
    assert isinstance(missing, Absent) and missing.reason is Reason.NOT_PRESENT


def test_seeded_mutations(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    movie = clips.write_clip(tmp_path / "clip.mp4", frames=30).read_bytes()
    jpeg = clips.encode_picture(".jpg", clips.checkers(0))
    rng = random.Random(8)
    path = tmp_path / "mutant"
    for turn in range(200):
        mutant = bytearray(jpeg if turn % 2 else movie)
        for _ in range(rng.randrange(1, 10)):
            mutant[rng.randrange(8, len(mutant))] = rng.randrange(256)
        path.write_bytes(mutant)
        for item in sample(path):
            assert isinstance(item, Problem | Absent) or np.isfinite(item.value.sharpness)  # type: ignore[union-attr]
    assert capfd.readouterr() == ("", "")


def entry(codes: tuple[int, int, int], lead_bits: str) -> bytes:
    """A sample entry with a colour box, and a parameter set in which the codes stand behind some bits and their flag."""
    bits = lead_bits + "1" + "".join(f"{code:08b}" for code in codes) + "1" * 15
    bits += "1" * (-len(bits) % 8)
    return isobmff.box(b"colr", b"nclx", struct.pack(">3HB", *codes, 0)) + int(bits, 2).to_bytes(len(bits) // 8)


@pytest.mark.parametrize("lead", range(8, 17))
@pytest.mark.parametrize("codes", [(9, 18, 9), (9, 16, 9), (12, 1, 6)])
def test_wide_colours_are_relabelled_at_any_bit(codes: tuple[int, int, int], lead: int) -> None:
    flat = (1, 1, 6 if codes[2] == 6 else 1)
    data = entry(codes, "10" * 4 + "1" * (lead - 8))
    assert find_wide_colours(data) == (codes,)
    assert flatten_entry(data, find_wide_colours(data)) == entry(flat, "10" * 4 + "1" * (lead - 8))


def test_common_colours_are_left_alone() -> None:
    data = entry((1, 1, 1), "10101010")
    assert find_wide_colours(data) == ()
    assert flatten_entry(data, ()) == data


def test_parameter_sets_in_front_of_a_picture_are_relabelled() -> None:
    codes = ((9, 18, 9),)
    words = bytes([33 << 1, 1, 0b10000100, 0b10001001, 0b00000100, 0b11111111])
    picture = bytes([19 << 1, 1, 0b10000100, 0b10001001, 0b00000100, 0b11111111])
    sample_bytes = b"".join(struct.pack(">I", len(unit)) + unit for unit in (words, picture))
    flat = flatten_sample(sample_bytes, codes)
    assert flat[4:10] == bytes([33 << 1, 1, 0b10000000, 0b10000000, 0b10000000, 0b11111111])
    assert flat[10:] == sample_bytes[10:]


def test_hdr_costs_no_more_than_other_colours(shared: Path) -> None:
    import time

    folder = shared / "corpora/metadata/media/libraries/test_data/src/test/assets/media/mp4"
    for name in ("dolbyVision-hdr.MOV", "hlg10-color-test.mp4", "sample_with_color_info.mp4"):
        before = time.process_time()
        assert len(frames_of(sample(folder / name))) == 1
        assert time.process_time() - before < 1.5, "FFmpeg built its table of colours"


def test_real_media_decode_or_say_why(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    kinds = {MediaKind.IMAGE: 0, MediaKind.VIDEO: 0}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".jpg", ".png", ".webp", ".avif", ".heic", ".mp4", ".mov"):
            with open_media(path) as (media, source):
                findings = list(sample_keyframes(Film(media, source), 2))
            assert findings, path
            kinds[media.kind] += any(isinstance(item, Observation) for item in findings)
    assert kinds[MediaKind.IMAGE] > 80 and kinds[MediaKind.VIDEO] > 30


def test_warmth_is_that_of_the_median_pixel_and_absent_where_there_is_no_colour_to_measure() -> None:
    warm = np.full((90, 160, 3), (60, 90, 120), np.uint8)
    assert measure_warmth(warm) == pytest.approx(1.0, abs=0.01)
    assert measure_warmth(warm[..., ::-1]) == pytest.approx(-1.0, abs=0.01)
    assert measure_warmth(np.zeros_like(warm)) is None
    assert measure_warmth(np.full_like(warm, 255)) is None


def test_a_jpeg_and_a_video_have_a_warmth_and_a_png_has_none() -> None:
    cv2 = load_cv2()
    picture = np.full((480, 640, 3), (60, 90, 120), np.uint8)
    (jpeg,) = frames_of(sample_bytes(cv2.imencode(".jpg", picture)[1].tobytes()))
    (png,) = frames_of(sample_bytes(cv2.imencode(".png", picture)[1].tobytes()))
    assert jpeg.warmth == pytest.approx(1.0, abs=0.05)
    assert png.warmth is None
    assert jpeg.brightness == pytest.approx(png.brightness, abs=1.5)
