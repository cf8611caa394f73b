"""`geoverify doctor`: what this installation has, what is missing, and the one-line cure."""

from __future__ import annotations

import json
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

import geoverify
from geoverify.errors import GeoverifyError, MissingToolError
from geoverify.text import escape_controls

SCHEMA_VERSION = "1.0"
OLDEST_PYTHON = (3, 11)
# The distributions that pyproject.toml asks for; a test keeps the two lists alike.
LIBRARIES = (
    "astral",
    "babel",
    "bagit",
    "defusedxml",
    "exifread",
    "geopandas",
    "jinja2",
    "mgrs",
    "msgspec",
    "numpy",
    "opencc",
    "opencv-python",
    "openpyxl",
    "pyahocorasick",
    "pyproj",
    "rapidfuzz",
    "rich",
    "scikit-learn",
    "shapely",
    "typer",
    "tzdata",
)
# What is optional beside reading words: what it is for, its distributions, and how they are installed.
EXTRAS = {
    "files elsewhere": ("match by URLs", ("fsspec", "s3fs"), "pip install 'geoverify[remote]'"),
    "clusters": ("match --engine dask", ("distributed",), "pip install 'geoverify[dask]'"),
}
# A machine without libGL has the headless build, which is the same module under another distribution's name.
STAND_INS = {"opencv-python": "opencv-python-headless"}
# GDAL's names of the formats that `sites import` reads; CSV needs no driver.
REGISTER_DRIVERS = ("ESRI Shapefile", "GPKG")
NEIGHBOUR_TOOLS = ("exiftool", "ffmpeg", "ffprobe", "ogr2ogr")
SHIPPED_REGISTERS = ("cambodia-2025", "demo")
REINSTALL = "python -m pip install --upgrade --force-reinstall geoverify"


class State(StrEnum):
    """How a part of the installation is; `MISSING` is what the main job cannot do without."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of the installation: what was found, and what to do where that is not enough."""

    name: str
    state: State
    found: str
    cure: str | None = None


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say what this installation has and what it lacks.

    The exit code is 4 where the main job cannot run.

    \b
    Example:
      geoverify doctor
    """
    checks = list(examine())
    complete = all(check.state is not State.MISSING for check in checks)
    if as_json:
        parts = [asdict(check) for check in checks]
        typer.echo(json.dumps({"schema_version": SCHEMA_VERSION, "complete": complete, "checks": parts}, indent=2))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            typer.echo(f"{check.state:<8} {check.name:<{width}}  {escape_controls(check.found)}")
            if check.cure:
                typer.echo(f"{'':<8} {'':<{width}}  → {escape_controls(check.cure)}")
    if not complete:
        raise typer.Exit(MissingToolError.exit_code)


def examine() -> Iterator[Check]:
    """Look at every part of the installation; a part that fails is a `Check` that says so."""
    yield Check(name="geoverify", state=State.OK, found=geoverify.__version__)
    yield from _run("python", _examine_python)
    for name in LIBRARIES:
        yield from _run(name, partial(_examine_library, name))
    yield from _run("cv2", _examine_cv2)
    yield from _run("GDAL", _examine_gdal)
    yield from _run("PROJ", _examine_proj)
    yield from _run("time zones", _examine_time_zones)
    for name in SHIPPED_REGISTERS:
        yield from _run(f"register {name}", partial(_examine_register, name))
    yield from _run("words in pictures", _examine_ocr)
    for name, (what, distributions, cure) in EXTRAS.items():
        yield from _run(name, partial(_examine_extra, name, what, distributions, cure))
    yield from _run("worker", _examine_walls)
    yield from _run("temporary files", _examine_temporary_files)
    yield from _run("terminal", _examine_terminal)
    yield from _run("other programs", _examine_neighbours)


def _run(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    # The doctor is asked when something is broken: whatever breaks here is the answer, not a traceback.
    try:
        yield from look()
    except GeoverifyError as error:
        yield Check(name=name, state=State.MISSING, found="does not work", cure=str(error))
    except Exception as error:
        found = f"does not work ({type(error).__name__}: {error})"
        yield Check(name=name, state=State.MISSING, found=found, cure=REINSTALL)


def _examine_python() -> Iterator[Check]:
    found = f"{platform.python_version()} ({platform.machine()} {platform.system()}) at {sys.executable}"
    new_enough = sys.version_info[:2] >= OLDEST_PYTHON
    cure = None if new_enough else "install Python 3.11 or newer"
    yield Check(name="python", state=State.OK if new_enough else State.MISSING, found=found, cure=cure)


def _examine_library(name: str) -> Iterator[Check]:
    for distribution in (name, STAND_INS.get(name)):
        if distribution and (found := _installed_version(distribution)):
            text = found if distribution == name else f"{distribution} {found} in its place"
            yield Check(name=name, state=State.OK, found=text)
            return
    yield Check(name=name, state=State.MISSING, found="not installed", cure=f"python -m pip install {name}")


def _installed_version(distribution: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _examine_cv2() -> Iterator[Check]:
    from geoverify.opencv import load_cv2

    cv2 = load_cv2()
    yield Check(name="cv2", state=State.OK, found=f"OpenCV {cv2.__version__} loads")
    codec = re.search(r"FFMPEG:\s+YES.*?avcodec:\s+YES \(([\d.]+)\)", cv2.getBuildInformation(), re.DOTALL)
    if codec:
        yield Check(name="FFmpeg in cv2", state=State.OK, found=f"libavcodec {codec[1]}")
    else:
        cure = "use the opencv-python wheel of PyPI, which has FFmpeg inside, to read frames of videos"
        yield Check(name="FFmpeg in cv2", state=State.WARNING, found="not built in", cure=cure)


def _examine_gdal() -> Iterator[Check]:
    import pyogrio

    drivers = pyogrio.list_drivers(read=True)
    missing = [name for name in REGISTER_DRIVERS if name not in drivers]
    found = f"{pyogrio.__gdal_version_string__}; reads {', '.join(name for name in REGISTER_DRIVERS if name in drivers)}"
    cure = f"no driver for {', '.join(missing)}: convert such registers to GeoJSON first" if missing else None
    yield Check(name="GDAL", state=State.WARNING if missing else State.OK, found=found, cure=cure)


def _examine_proj() -> Iterator[Check]:
    import pyproj

    # Reading a system by its number opens the database that reprojection needs; 32648 is UTM 48N, over Cambodia.
    pyproj.CRS.from_epsg(32648)
    found = f"{pyproj.proj_version_str}; data in {pyproj.datadir.get_data_dir()}"
    yield Check(name="PROJ", state=State.OK, found=found)


def _examine_time_zones() -> Iterator[Check]:
    from zoneinfo import ZoneInfo, available_timezones

    ZoneInfo("Asia/Phnom_Penh")
    yield Check(name="time zones", state=State.OK, found=f"{len(available_timezones())} zones")


def _examine_register(name: str) -> Iterator[Check]:
    from geoverify.register.load import load_register, resolve_register

    (info,) = load_register(resolve_register(name)).infos
    found = f"{info.title}, edition {info.edition} ({info.site_count} sites)"
    yield Check(name=f"register {name}", state=State.OK, found=found)


def _examine_ocr() -> Iterator[Check]:
    from geoverify.vision.ocr import CURE, installed_versions

    found = installed_versions()
    if None in found.values():
        yield Check(name="words in pictures", state=State.OK, found=f"match --ocr is not installed, which is optional: {CURE}")
    else:
        parts = ", ".join(f"{name} {version}" for name, version in found.items())
        yield Check(name="words in pictures", state=State.OK, found=f"match --ocr by {parts}")


def _examine_extra(name: str, what: str, distributions: tuple[str, ...], cure: str) -> Iterator[Check]:
    found = {distribution: _installed_version(distribution) for distribution in distributions}
    parts = ", ".join(f"{distribution} {version}" for distribution, version in found.items())
    told = f"{what} is not installed, which is optional: {cure}" if None in found.values() else f"{what} by {parts}"
    yield Check(name=name, state=State.OK, found=told)


def _examine_walls() -> Iterator[Check]:
    from geoverify.batch import limits_of
    from geoverify.isolation.probe import examine_walls
    from geoverify.isolation.wire import WallState
    from geoverify.settings import Settings

    for wall in examine_walls(limits_of(Settings())):
        if wall.state is WallState.ACTIVE:
            yield Check(name=wall.name, state=State.OK, found=f"active: {wall.detail}")
        else:
            cure = "everything works, with one protection less: look at hostile files on a machine that you can do without"
            yield Check(name=wall.name, state=State.WARNING, found=f"off: {wall.detail}", cure=cure)


def _examine_temporary_files() -> Iterator[Check]:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"geoverify")
    except OSError as error:
        cure = "set TMPDIR to a folder that you may write to and that has room"
        yield Check(name="temporary files", state=State.MISSING, found=f"cannot be written ({error})", cure=cure)
    else:
        yield Check(name="temporary files", state=State.OK, found=tempfile.gettempdir())


def _examine_terminal() -> Iterator[Check]:
    encoding = sys.stdout.encoding or "unknown"
    can_show = encoding.lower().replace("-", "") == "utf8"
    cure = None if can_show else "set PYTHONUTF8=1, or else names in Khmer, Chinese or Thai script come out as \\u escapes"
    yield Check(name="terminal", state=State.OK if can_show else State.WARNING, found=encoding, cure=cure)


def _examine_neighbours() -> Iterator[Check]:
    present = [name for name in NEIGHBOUR_TOOLS if shutil.which(name)]
    found = f"none is needed; on this machine: {', '.join(present) or 'none'}"
    yield Check(name="other programs", state=State.OK, found=found)
