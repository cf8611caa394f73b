"""`match --features --models`: tiny models stand in for the networks that a user supplies."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from builders.galleries import build_gallery, write_photo
from builders.models import build_model
from builders.overlays import scene

from geoverify.case.custody import read_entries
from geoverify.case.store import look_at_case

Run = Callable[..., tuple[int, str, str]]
SIZE = (600, 800)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = {code: [scene(seed, SIZE)] for seed, code in enumerate(("DM01", "DM02", "DM03"))}
    return build_gallery(tmp_path_factory.mktemp("register"), photos)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    (tmp_path / "footage").mkdir()
    return write_photo(tmp_path / "footage" / "a.jpg", scene(40, SIZE))


def put_model(folder: Path, kind: str, data: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{kind}.onnx").write_bytes(data)
    return folder


def test_what_a_network_sees_is_a_hint_that_names_no_site(run: Run, register: Path, footage: Path, tmp_path: Path) -> None:
    """The tiny model sees the same in every picture, so that it finds every listed reference in this one."""
    data = build_model("aliked")
    models, case, report = put_model(tmp_path / "models", "aliked", data), tmp_path / "my.gvcase", tmp_path / "r.json"
    plain = ("match", footage, "--sites", register, "--case", case, "--json", report)
    assert "1 read" in run(*plain)[2]
    assert "learned" not in {item["channel"] for item in json.loads(report.read_bytes())["reports"][0]["evidence"]}
    learned = (*plain, "--features", "aliked", "--models", models)
    code, _, err = run(*learned, "--explain")
    assert code == 0 and "1 read" in err, "another model is another reading"
    (made,) = json.loads(report.read_bytes())["reports"]
    digest = hashlib.sha256(data).hexdigest()
    assert made["versions"]["models"] == {"aliked": digest}
    evidence = [item for item in made["evidence"] if item["channel"] == "learned"]
    weighed = {item["site_code"] for item in made["evidence"] if item["channel"] == "visual"}
    assert evidence and {item["site_code"] for item in evidence} | weighed == {"DM01", "DM02", "DM03"}
    for item in evidence:
        assert item["basis"] == "modelled" and not item["locates"] and 0.3 < item["log10_lr"] <= item["max_log10_lr"] == 0.6
        assert item["pictures"] and (tmp_path / "my.pictures" / item["pictures"][0]).is_file()
        assert "not calibrated" in item["explanation"]
    assert made["verdict"]["kind"] == "inconclusive" and made["verdict"]["site_codes"] == []
    with look_at_case(case) as opened:
        runs = [entry.body for entry in read_entries(opened.connection) if entry.kind == "run"]
    assert [entry["models"] for entry in runs] == [{}, {"aliked": digest}]
    assert "1 kept" in run(*learned)[2]
    put_model(models, "aliked", build_model("aliked", count=60))
    assert "1 read" in run(*learned)[2], "a changed model is another reading"


def test_what_is_missing_or_no_such_model_is_told(run: Run, register: Path, footage: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    command = ("match", footage, "--sites", register, "--features", "disk")
    assert "go together" in run(*command)[2] and "go together" in run(*command[:-2], "--models", models)[2]
    code, _, err = run(*command, "--models", models)
    assert code == 2 and "no such folder" in err
    models.mkdir()
    code, _, err = run(*command, "--models", models)
    assert code == 2 and "nothing is downloaded" in err
    put_model(models, "disk", build_model("disk")[:400])
    code, _, err = run(*command, "--models", models, "--jobs", "1")
    assert code == 2 and "cannot run it as disk" in err
