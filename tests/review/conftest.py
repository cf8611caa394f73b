"""A small case, its desk and its page."""

import os
import shutil
from pathlib import Path

import pytest

from geoverify import cli
from geoverify.previews.making import open_preview_maker
from geoverify.register.load import load_register
from geoverify.review.desk import Desk
from geoverify.review.server import make_app
from geoverify.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
MEDIA = ("IMG_4127.JPG", "IMG_4131.JPG", "20251005_091530.jpg", "IMG_3310.MOV")
TOKEN = "a-token-of-a-test"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with footage, a copy of one file, the demo register beside it, and their case."""
    folder = tmp_path_factory.mktemp("review")
    (folder / "footage").mkdir()
    for name in MEDIA:
        shutil.copy(ROOT / "samples" / "media" / name, folder / "footage" / name)
    shutil.copy(folder / "footage" / "IMG_4127.JPG", folder / "footage" / "copy of it.jpg")
    shutil.copy(ROOT / "reference_sites" / "demo.geojson", folder / "demo.geojson")
    arguments = ["match", folder / "footage", "--sites", folder / "demo.geojson", "--case", folder / "my.gvcase", "--jobs", "1"]
    try:
        cli.run([os.fspath(argument) for argument in arguments])
    except SystemExit as ended:
        assert not ended.code
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it that a test may judge in; the footage stays where it is."""
    for name in ("my.gvcase", "demo.geojson"):
        shutil.copy(made / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def desk(folder, made):
    register = folder / "demo.geojson"
    with open_preview_maker([made / "footage"], Settings()) as maker:
        yield Desk(folder / "my.gvcase", [register], load_register(register), maker, "RK")


@pytest.fixture
def page(desk):
    """What a browser on this machine can ask."""
    return make_app(desk, TOKEN).test_client()
