"""Fixtures and rules that hold for every test."""

import ipaddress
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from geoverify import cli
from geoverify.register import references

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "reference_sites"
_find, _load = references.find_references, references.load_references
_ADDRESS_AT = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_HOST_AT = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
_attempts: list[str] = []


class NetworkBlockedError(RuntimeError):
    """A test reached for the network."""


def _find_own(register_path: Path) -> Path | None:
    return None if register_path.parent == SHIPPED else _find(register_path)


def _load_own(register_path: Path) -> tuple[references.Reference, ...]:
    return () if register_path.parent == SHIPPED else _load(register_path)


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _block_network(event: str, args: tuple[Any, ...]) -> None:
    # An audit hook sees every way to a socket in this process, under whatever name it was imported.
    if event in _ADDRESS_AT:
        address = args[_ADDRESS_AT[event]]
        # A path is a socket of this machine, and None is the other end of a connection that was let through.
        host = address[0] if isinstance(address, tuple) else None
    elif event in _HOST_AT:
        host = args[_HOST_AT[event]]
    else:
        return
    if not _is_loopback(host):
        _attempts.append(f"{event} to {host!r}")
        raise NetworkBlockedError(f"tests have no network: {event} to {host!r}")


sys.addaudithook(_block_network)
# What is printed must not depend on the window in which the tests are started; xdist tells its workers a width of 80.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """Fail the test that reached for the network, even where the code under test swallowed the error."""
    _attempts.clear()
    yield _attempts
    if _attempts:
        pytest.fail(f"the test reached for the network: {'; '.join(_attempts)}")


@pytest.fixture(scope="session", autouse=True)
def unseen_references() -> None:
    """Leave the demo register's photographs out: looking pictures up is most of a run's time, and few tests are about it.

    Runs in processes of their own look pictures up as users' do.
    """
    references.find_references, references.load_references = _find_own, _load_own


def _see_references(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("references") is None:
        yield
        return
    before = references.find_references, references.load_references
    references.find_references, references.load_references = _find, _load
    yield
    references.find_references, references.load_references = before


@pytest.fixture(scope="module", autouse=True)
def references_of_module(request: pytest.FixtureRequest) -> Iterator[None]:
    """Modules that are about these photographs bear the mark `references`, so that their fixtures see them, too."""
    yield from _see_references(request)


@pytest.fixture(autouse=True)
def references_of_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same for single tests."""
    yield from _see_references(request)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the program in this process: exit code, standard output, standard error."""

    def call(*args: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            cli.run([os.fspath(arg) if isinstance(arg, Path) else str(arg) for arg in args])
            code = 0
        except SystemExit as ended:
            assert isinstance(ended.code, int | None)
            code = ended.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="session")
def shared() -> Path:
    """The read-only folder of real media beside the checkout; its tests skip where it is absent."""
    folder = Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared"))
    if not (folder / "corpora").is_dir():
        pytest.skip(f"needs the real media in {folder} (set GEOVERIFY_SHARED); not on this machine")
    return folder
