"""The project itself: what the program loads, what the wheel holds, which imports and which network calls are allowed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from grimp import ImportGraph, build_graph

import geoverify
from geoverify.cli import doctor

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"cv2", "exifread", "geopandas", "numpy", "pandas", "pyogrio", "pyproj", "rich", "shapely"}


def run_python(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def project_table() -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


# --- imports --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imports() -> ImportGraph:
    return build_graph("geoverify", cache_dir=None)


def test_every_room_keeps_the_import_rules() -> None:
    done = run_python("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("family", ["channels", "exports", "readers", "sidecars"])
def test_members_of_a_family_share_private_modules_and_never_import_each_other(family: str, imports: ImportGraph) -> None:
    # A contract cannot tell modules by the underscore of their names, so this rule is kept here.
    siblings = imports.find_children(f"geoverify.{family}")
    members = {name for name in siblings if not name.rpartition(".")[2].startswith("_")}
    assert siblings
    assert {name: found for name in siblings if (found := imports.find_modules_directly_imported_by(name) & members)} == {}


@pytest.mark.parametrize("code", ["import geoverify.cli", "from geoverify.cli import run; run(['--help'])"])
def test_the_command_line_starts_without_heavy_libraries(code: str) -> None:
    script = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    done = run_python("-c", script)
    assert done.returncode == 0
    assert "geoverify.cli.match" in done.stderr
    assert HEAVY & set(done.stderr.split()) == set()


# --- the wheel ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = run_python("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_the_registers_and_nothing_else(wheel: Path) -> None:
    assert wheel.name == f"geoverify-{geoverify.__version__}-py3-none-any.whl"
    names = set(ZipFile(wheel).namelist())
    registers = {path.relative_to(ROOT).as_posix() for path in (ROOT / "reference_sites").rglob("*") if path.is_file()}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "geoverify").rglob("*.py")}
    assert registers
    assert {f"geoverify/{name}" for name in registers} <= names
    assert modules <= names
    # A page is made of files that no import would miss.
    parts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "geoverify" / "pages").rglob("*") if path.is_file()}
    parts = {name for name in parts if "__pycache__" not in name}
    assert {"geoverify/pages/vendor/leaflet/LICENSE", "geoverify/pages/locales/fr.json"} <= parts <= names
    assert "geoverify/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"geoverify", f"geoverify-{geoverify.__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """An environment that has the libraries but not the checkout: `make test-wheel` does the same with a real installation."""
    home = tmp_path / "environment"
    venv.create(home, symlinks=os.name != "nt")
    paths = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)}, scheme="venv")
    site = Path(paths["purelib"])
    ZipFile(wheel).extractall(site)
    # Only a folder that `site` itself visits has its .pth files read: the checkout's own one stays unread.
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    python = Path(paths["scripts"]) / "python"

    def run(*args: str) -> str:
        done = subprocess.run([python, "-I", *args], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import geoverify; print(*geoverify.__path__)").strip() == str(site / "geoverify")
    assert json.loads(run("-m", "geoverify", "doctor", "--json"))["complete"] is True
    # One is told by its fix, one by the reference photographs that the wheel holds, one is a clip, and one is no footage.
    sites = {
        "IMG_4127.JPG": ["DM01"],
        "photo_2025-10-06_18-22-41.jpg": ["DM02"],
        "IMG_4138.MOV": ["DM05", "DM06"],
        "README.md": [],
    }
    for name in sites:
        shutil.copy(next((ROOT / "samples").rglob(name)), tmp_path)
    reports = json.loads(run("-m", "geoverify", "match", *sites, "--sites", "demo", "--json", "-"))["reports"]
    assert {Path(report["media"]["path"]).name: sorted(report["verdict"]["site_codes"]) for report in reports} == sites


# --- the project's own files ----------------------------------------------------------------------------------------------


def test_the_doctor_looks_at_every_dependency() -> None:
    dependencies = project_table()["dependencies"]
    assert isinstance(dependencies, list)
    assert tuple(re.split(r"[<>=]", name)[0] for name in dependencies) == doctor.LIBRARIES


def test_every_dependency_has_a_lower_bound_that_can_be_tested() -> None:
    done = run_python(".ci/lowest.py", "pyproject.toml")
    assert done.returncode == 0
    assert len(done.stdout.split()) == len(doctor.LIBRARIES)
    assert all(re.fullmatch(r"[a-z0-9-]+==\d+(\.\d+)+", line) for line in done.stdout.split())


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text


def test_the_readme_names_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert {"demo", "test"} <= named <= targets


# --- setting up -----------------------------------------------------------------------------------------------------------


def set_up(folder: Path, **programs: str) -> tuple[int, str]:
    """Run .ci/setup on a machine that has the shell's tools and these `programs` (shell scripts), and nothing else."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for name in ("sh", "cat", "cksum", "cut", "basename"):
        found = next(Path(place, name) for place in os.defpath.split(os.pathsep) if Path(place, name).exists())
        (bin_folder / name).symlink_to(found)
    for name, body in programs.items():
        (bin_folder / name).write_text(f"#!{bin_folder}/sh\n{body}\n")
        (bin_folder / name).chmod(0o755)
    done = subprocess.run(
        [bin_folder / "sh", ROOT / ".ci" / "setup", str(folder / "venv"), "-e", "."],
        cwd=ROOT,
        env={"PATH": str(bin_folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not (folder / "venv").exists()
    return done.returncode, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="make and its shell are not expected on Windows")
@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, "found none; on Debian and Ubuntu: apt-get install python3 python3-venv"),
        ({"python3": "exit 1"}, "needs Python 3.11 or newer, found python3;"),
        ({"python3": 'case "$2" in *ensurepip*) exit 1;; esac'}, "apt-get install python3-venv"),
    ],
    ids=["no python", "old python", "no venv"],
)
def test_setting_up_says_what_is_missing(programs: dict[str, str], words: str, tmp_path: Path) -> None:
    code, message = set_up(tmp_path, **programs)
    assert code == 1
    assert words in message
    assert len(message.splitlines()) == 1


# --- the network ----------------------------------------------------------------------------------------------------------


def reach_by_name() -> None:
    urllib.request.urlopen("http://example.org/", timeout=1)


def reach_by_address() -> None:
    with socket.socket() as client:
        client.connect(("192.0.2.1", 80))


def reach_quietly() -> None:
    with socket.socket() as client:
        client.connect_ex(("192.0.2.1", 80))


def reach_over_six() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("2001:db8::1", 80))


def send_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("192.0.2.1", 53))


@pytest.mark.parametrize("reach", [reach_by_name, reach_by_address, reach_quietly, reach_over_six, send_datagram])
def test_a_test_that_reaches_for_the_network_fails(reach: object, network_attempts: list[str]) -> None:
    assert callable(reach)
    with pytest.raises(RuntimeError, match="tests have no network"):
        reach()
    assert len(network_attempts) == 1
    network_attempts.clear()


def test_loopback_is_open(network_attempts: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass
    assert network_attempts == []
