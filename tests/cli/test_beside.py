"""What lies beside the footage or is given with it reaches the report: sidecars, tables, track logs."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from builders.jpeg import build_jpeg, insert_exif_jpeg
from builders.sidecars import as_json, plain_row, table_csv, ytdlp_info
from builders.tiff import build_exif, time_tags

from geoverify import cli

NOON = dt.datetime(2025, 10, 6, 12, 0)
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>
<trkpt lat="9.6000" lon="101.9000"><time>2025-10-06T04:59:50Z</time></trkpt>
<trkpt lat="9.6001" lon="101.9000"><time>2025-10-06T05:00:10Z</time></trkpt>
</trkseg></trk></gpx>"""


def match(capsys: pytest.CaptureFixture[str], *args: str | Path) -> dict[str, Any]:
    cli.app([*map(str, args), "--sites", "demo", "--json", "-"], prog_name="geoverify", standalone_mode=False)
    report: dict[str, Any] = json.loads(capsys.readouterr().out)["reports"][0]
    return report


def values(report: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item["value"] for item in report["observations"] if item["value"]["type"] == kind]


def test_a_downloaders_file_is_read_and_named_with_its_digest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clip.jpg").write_bytes(build_jpeg())
    (tmp_path / "clip.info.json").write_bytes(as_json(ytdlp_info(uploader="watcher")))
    report = match(capsys, "match", tmp_path / "clip.jpg")
    assert [(use["path"], use["reader"]) for use in report["sidecars"]] == [("clip.info.json", "ytdlp")]
    assert values(report, "post")[0]["uploader"] == "watcher"
    assert report["verdict"]["kind"] == "inconclusive"


def test_a_table_given_by_hand_describes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "clip.jpg").write_bytes(build_jpeg())
    (tmp_path / "table.csv").write_bytes(table_csv(plain_row("clip.jpg", caption="at the gate")))
    report = match(capsys, "match", tmp_path / "media" / "clip.jpg", "--sidecar", tmp_path / "table.csv")
    assert "at the gate" in [value["text"] for value in values(report, "text")]


def test_a_track_log_places_a_photo_by_its_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = insert_exif_jpeg(build_jpeg(), build_exif(exif=time_tags(NOON, 420)))
    (tmp_path / "photo.jpg").write_bytes(photo)
    (tmp_path / "walk.gpx").write_text(GPX)
    report = match(capsys, "match", tmp_path / "photo.jpg", "--track", tmp_path / "walk.gpx")
    (position,) = values(report, "position")
    assert position["lat_deg"] == pytest.approx(9.60005, abs=1e-6)
    # A file given beside the footage is a witness that may be wrong in one case of ten: it alone names no site.
    assert report["verdict"]["site_codes"] == []
    assert report["scores"][0]["site_code"] == "DM01"
    assert report["scores"][0]["probability"] > 0.85
    shifted = match(capsys, "match", tmp_path / "photo.jpg", "--track", tmp_path / "walk.gpx", "--clock-offset", "3600")
    assert values(shifted, "position") == []


def test_a_broken_track_log_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photo.jpg").write_bytes(build_jpeg())
    (tmp_path / "walk.gpx").write_text("no log")
    with pytest.raises(SystemExit) as ended:
        cli.run(["match", str(tmp_path / "photo.jpg"), "--track", str(tmp_path / "walk.gpx")])
    assert ended.value.code == 2
    assert "walk.gpx" in capsys.readouterr().err


def test_a_caption_makes_its_site_a_candidate_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clip.jpg").write_bytes(build_jpeg())
    caption = "ที่ลานบันไดปะการัง 9.618900, 101.857200"
    (tmp_path / "clip.info.json").write_bytes(as_json(ytdlp_info(title="clip", description=caption)))
    report = match(capsys, "match", tmp_path / "clip.jpg")
    assert [candidate["site_code"] for candidate in report["candidates"]] == ["DM06"]
    (evidence,) = report["evidence"]
    assert (evidence["channel"], evidence["locates"], evidence["dependence_group"]) == ("text", False, "words")
    assert report["verdict"]["kind"] == "inconclusive"
    assert "DM06 is somebody's word" in report["verdict"]["wording"]
    (claim,) = [value for value in values(report, "place_claim") if value.get("position")]
    assert claim["position"]["lat_deg"] == pytest.approx(9.6189)
    assert report["location"] is None


def test_a_caption_that_places_footage_elsewhere_than_its_fix_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo.jpg").write_bytes(insert_exif_jpeg(build_jpeg(), build_exif(exif=time_tags(NOON, 420))))
    (tmp_path / "walk.gpx").write_text(GPX)
    (tmp_path / "photo.info.json").write_bytes(as_json(ytdlp_info(title="x", description="filmed at 9.5519, 101.9146")))
    report = match(capsys, "match", tmp_path / "photo.jpg", "--track", tmp_path / "walk.gpx")
    assert "positions-disagree" in [problem["code"] for problem in report["problems"]]
    words = {item["site_code"]: item["log10_lr"] for item in report["evidence"] if item["channel"] == "text"}
    assert words["DM01"] < 0.0 < words["DM05"]
    assert report["verdict"]["site_codes"] in ([], ["DM01"])
