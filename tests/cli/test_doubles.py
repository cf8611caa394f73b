"""`geoverify doubles` over cases that match made of drawn pictures: what is grouped, what is told of it, what is remembered."""

import datetime as dt
import json
import os
from pathlib import Path

import numpy as np
import pytest
from builders.jpeg import insert_exif_jpeg
from builders.overlays import compress, scene
from builders.tiff import build_exif, time_tags

from geoverify import cli
from geoverify.case.store import look_at_case
from geoverify.doubles.decisions import read_decisions
from geoverify.doubles.groups import find_groups
from geoverify.opencv import load_cv2


def write(path: Path, picture: np.ndarray, captured: dt.datetime | None = None) -> None:
    data = bytes(load_cv2().imencode(".jpg", picture, [load_cv2().IMWRITE_JPEG_QUALITY, 80])[1])
    path.write_bytes(data if captured is None else insert_exif_jpeg(data, build_exif(exif=time_tags(captured, 420))))


def call(*args: object) -> int:
    try:
        cli.run([os.fspath(arg) if isinstance(arg, Path) else str(arg) for arg in args])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """new.gvcase: a picture, its crop, its mirror image and another; old.gvcase: the first one smaller, posted in 2022."""
    folder = tmp_path_factory.mktemp("doubles")
    (folder / "new").mkdir()
    (folder / "old").mkdir()
    picture = scene(11, (360, 640))
    write(folder / "new" / "camera.jpg", picture, dt.datetime(2024, 9, 20, 10, 15))
    write(folder / "new" / "crop.jpg", compress(picture[12:-20, 20:-16], 60))
    write(folder / "new" / "mirror\x1b[31m.jpg", compress(np.ascontiguousarray(picture[:, ::-1]), 60))
    write(folder / "new" / "other.jpg", scene(12, (360, 640)))
    write(folder / "old" / "earlier.jpg", load_cv2().resize(picture, (400, 225), interpolation=load_cv2().INTER_AREA))
    (folder / "old" / "earlier.info.json").write_text(
        json.dumps(
            {"id": "x1", "extractor": "youtube", "title": "fire", "timestamp": 1663502400, "webpage_url": "https://a.example/x1"}
        )
    )
    for name in ("new", "old"):
        assert call("match", folder / name, "--sites", "demo", "--case", folder / f"{name}.gvcase", "--jobs", 1) == 0
    return folder


def lines_of(capfd: pytest.CaptureFixture[str], *args: object) -> str:
    capfd.readouterr()
    assert call("doubles", *args) == 0
    return capfd.readouterr().out


def test_copies_are_grouped_and_the_other_picture_is_not(cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = lines_of(capfd, cases / "new.gvcase")
    assert out.startswith("4 files are 2 recordings; 1 group of doubles\n")
    rows = {line.split("  ")[1].rpartition("/")[2]: line.split("  ")[2] for line in out.splitlines() if line.startswith("  ")}
    assert rows == {"camera.jpg": "reference", "crop.jpg": "cropped", "mirror\\x1b[31m.jpg": "mirrored"}


def test_an_earlier_case_contradicts_the_date(cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = lines_of(capfd, cases / "new.gvcase", "--library", cases / "old.gvcase")
    assert "earlier.jpg in old.gvcase, posted 2022-09-18" in out
    assert "2 years before the claimed date 2024-09-20 (written by the device)" in out


def test_json_holds_the_same_and_nothing_else_is_printed(cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = json.loads(lines_of(capfd, cases / "new.gvcase", "--library", cases / "old.gvcase", "--json", "-"))
    (group,) = told["groups"]
    assert sorted(member["likeness"] for member in group["members"]) == ["cropped", "mirrored", "recompressed", "reference"]
    assert "posted_before_capture" in {item["kind"] for item in group["reuse"]}


def test_groups_are_the_same_without_the_media_and_in_every_call(cases: Path) -> None:
    with look_at_case(cases / "new.gvcase") as case:
        before = find_groups(case)
        (cases / "new").rename(cases / "away")
        try:
            assert find_groups(case) == before
        finally:
            (cases / "away").rename(cases / "new")
    assert [len(group.members) for group in before] == [3]


def test_not_same_is_remembered_until_it_is_taken_back(cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    case_file, one, other = cases / "new.gvcase", cases / "new" / "crop.jpg", cases / "new" / "camera.jpg"
    lines_of(capfd, case_file, "--not-same", one, other, "--by", "RK")
    assert "kept apart" in lines_of(capfd, case_file)
    assert "4 files are 3 recordings" in lines_of(capfd, case_file)
    assert call("match", cases / "new", "--sites", "demo", "--case", case_file, "--jobs", 1) == 0
    assert "4 files are 3 recordings" in lines_of(capfd, case_file)
    lines_of(capfd, case_file, "--same", one, other, "--by", "LM")
    assert "4 files are 2 recordings" in lines_of(capfd, case_file)
    with look_at_case(case_file) as case:
        assert [decision.by for decision in read_decisions(case).values()] == ["LM"]
    assert call("custody", "verify", case_file) == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--not-same", "a", "b"], "--by"),
        (["--by", "RK"], "--not-same"),
        (["--not-same", "nowhere.jpg", "other.jpg", "--by", "RK"], "not in this case"),
        (["--library", "missing.gvcase"], "no such case"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(args: list[str], told: str, cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert call("doubles", cases / "new.gvcase", *args) == 2
    assert told in capfd.readouterr().err


def test_the_same_file_twice_is_no_pair(cases: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = cases / "new" / "other.jpg"
    assert call("doubles", cases / "new.gvcase", "--same", path, path, "--by", "RK") == 2
    assert "the same bytes" in capfd.readouterr().err
