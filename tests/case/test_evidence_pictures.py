"""Evidence pictures through the command line: written, named, found again, kept out of the footage."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders.galleries import HEADING_DEG, build_gallery, cropped, write_photo
from builders.overlays import scene
from typer.testing import CliRunner

from geoverify import cli
from geoverify.case.custody import read_entries
from geoverify.case.store import look_at_case

Run = Callable[..., tuple[int, str, str]]
NAME = "gate of \u202ehell $(id).jpg"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = (600, 800)
    photos = {"DM01": [scene(1, size)], "DM02": [scene(2, size)], "DM03": [scene(3, size)]}
    return build_gallery(tmp_path_factory.mktemp("register"), photos, part="Main gate")


def shoot(folder: Path) -> Path:
    folder.mkdir()
    write_photo(folder / NAME, cropped(1, mirrored=True))
    write_photo(folder / "other.jpg", scene(40, (480, 640)))
    return folder


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return shoot(tmp_path / "footage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Two runs over the same footage: one without a folder for pictures, and one with it. What each wrote and explained."""

    footage: Path
    plain: Path
    plain_out: str
    pictured: Path
    pictured_out: str
    seen: Path


@pytest.fixture(scope="module")
def matched(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Matched:
    folder = tmp_path_factory.mktemp("matched")
    footage, plain, pictured, seen = shoot(folder / "footage"), folder / "a.json", folder / "b.json", folder / "seen"
    printed = []
    for more in (("--json", plain), ("--json", pictured, "--pictures", seen, "--jobs", "1")):
        words = ["match", footage, "--sites", register, "--explain", *more]
        done = CliRunner().invoke(cli.app, [*map(str, words)], prog_name="geoverify")
        assert done.exit_code == 0, done.output
        printed.append(done.stdout + done.stderr)
    return Matched(footage=footage, plain=plain, plain_out=printed[0], pictured=pictured, pictured_out=printed[1], seen=seen)


def evidence_of(path: Path) -> dict[str, list[dict[str, object]]]:
    reports = json.loads(path.read_bytes())["reports"]
    return {Path(report["media"]["path"]).name: report["evidence"] for report in reports}


def pictures_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_match_has_its_picture_its_part_and_its_direction(matched: Matched) -> None:
    evidence, seen = evidence_of(matched.pictured), matched.seen
    (visual,) = [item for item in evidence[NAME] if item["channel"] == "visual"]
    assert not any(item["channel"] == "visual" and item["pictures"] for item in evidence["other.jpg"])
    assert visual["site_code"] == "DM01" and visual["locates"]
    assert [*visual["pictures"]] == pictures_in(seen)
    (name,) = pictures_in(seen)
    data = (seen / name).read_bytes()
    assert name == f"{hashlib.sha256(data).hexdigest()}.jpg" and data.startswith(b"\xff\xd8\xff")
    flat = matched.pictured_out.replace("\n", "").replace(" ", "")
    assert f"DM01:{seen}/{name}" in flat and "whichshowsMaingate" in flat and "mirrored-picture" in flat
    assert f"lookedto{HEADING_DEG:.0f}°±" in flat and "1evidencepicturein" in flat
    assert "3referencephotographsof3sites" in flat


def test_without_a_folder_they_are_named_and_not_written(matched: Matched) -> None:
    assert "--pictures DIR or --case FILE" in matched.plain_out.replace("\n      ", " ")
    one, other = (
        [report | {"created_at": ""} for report in json.loads(path.read_bytes())["reports"]]
        for path in (matched.plain, matched.pictured)
    )
    assert one == other
    assert sorted(path.name for path in matched.footage.iterdir()) == sorted([NAME, "other.jpg"])
    assert sorted(path.name for path in matched.footage.parent.iterdir()) == ["a.json", "b.json", "footage", "seen"]


def test_a_case_keeps_them_beside_it_and_its_log_names_them(
    run: Run, register: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = footage / "my.gvcase"
    folder = footage / "my.pictures"
    command = ("match", footage, "--sites", register, "--case", case)
    assert run(*command)[0] == 0
    (name,) = pictures_in(folder)
    assert oct(folder.stat().st_mode & 0o777) == "0o700" and oct((folder / name).stat().st_mode & 0o777) == "0o600"
    with look_at_case(case) as opened:
        entries = list(read_entries(opened.connection))
    stored = [entry.body["pictures"] for entry in entries if "pictures" in entry.body]
    assert stored == [{hashlib.sha256((footage / NAME).read_bytes()).hexdigest(): [name]}]
    (started,) = [entry.body for entry in entries if entry.kind == "run"]
    index = register.with_suffix(".refs") / "index.gvi"
    assert started["references"] == {"mine.refs/index.gvi": hashlib.sha256(index.read_bytes()).hexdigest()}
    assert bytes.fromhex(started["pictures_hex"]) == os.fsencode(folder)
    assert run("custody", "verify", case)[0] == 0

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a worker was started"))
        code, out, err = run(*command, "--explain")
    assert (code, "in the case: 2 kept" in err) == (0, True) and name in out.replace("\n      ", "")

    kept = (folder / name).read_bytes()
    (folder / name).write_bytes(b"other")
    code, out, err = run("custody", "verify", case)
    assert code == 1 and "evidence picture was changed" in out + err
    (folder / name).unlink()
    assert "evidence picture is missing" in "".join(run("custody", "verify", case)[1:])
    assert "in the case: 1 kept, 1 read" in run(*command)[2]
    assert (folder / name).read_bytes() == kept and run("custody", "verify", case)[0] == 0
    elsewhere = tmp_path / "elsewhere"
    assert "1 kept, 1 read" in run(*command, "--pictures", elsewhere)[2]
    assert pictures_in(elsewhere) == [name]
    assert "2 kept" in run(*command, "--pictures", elsewhere)[2]


def test_a_report_names_the_index_and_is_made_again_with_it(run: Run, register: Path, matched: Matched) -> None:
    index = register.with_suffix(".refs") / "index.gvi"
    digest = hashlib.sha256(index.read_bytes()).hexdigest()
    for made in json.loads(matched.plain.read_bytes())["reports"]:
        assert made["references"] == [{"index_digest": digest, "photo_count": 3, "site_count": 3}]
        for item in made["observations"]:
            assert item["value"].get("index_digest", digest) == digest
    code, out, err = run("verify-report", matched.plain, "--media", matched.footage, "--sites", register)
    assert code == 0, out + err


def test_fewer_frames_are_another_reading(run: Run, register: Path, footage: Path, tmp_path: Path) -> None:
    command = ("match", footage, "--sites", register, "--case", tmp_path / "my.gvcase")
    assert "2 read" in run(*command)[2]
    report = tmp_path / "r.json"
    assert "2 read" in run(*command, "--frames", "8", "--json", report)[2]
    assert {made["settings"]["match_frame_count"] for made in json.loads(report.read_bytes())["reports"]} == {8}
    for count in ("0", "97", "many"):
        assert run(*command, "--frames", count)[0] == 2


def test_footage_and_pictures_do_not_share_a_folder(run: Run, register: Path, footage: Path, tmp_path: Path) -> None:
    code, _, err = run("match", footage, "--sites", register, "--pictures", footage)
    assert code == 2 and "a folder of its own" in err
    code, _, err = run("match", footage, "--sites", register, "--pictures", footage / NAME)
    assert code == 2 and "is a file" in err
    assert sorted(path.name for path in footage.iterdir()) == sorted([NAME, "other.jpg"])


def test_a_photo_that_is_gone_or_changed_is_not_drawn(run: Run, footage: Path, tmp_path: Path) -> None:
    register = build_gallery(tmp_path, {"DM01": [scene(1, (600, 800))], "DM02": [scene(2, (600, 800))]})
    for photo in (register.with_suffix(".refs") / "photos").iterdir():
        photo.write_bytes(photo.read_bytes() + b"x")
    report = tmp_path / "r.json"
    assert run("match", footage, "--sites", register, "--pictures", tmp_path / "seen", "--json", report)[0] == 0
    (visual,) = [item for item in evidence_of(report)[NAME] if item["channel"] == "visual"]
    assert visual["locates"] and not visual["pictures"] and not (tmp_path / "seen").exists()
