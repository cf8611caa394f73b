"""A store that speaks S3, as a process of this machine on the loopback, and ZIP archives."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile

from builders.clusters import free_port, kill

SECRET = "wJalrXUtnFEMI-topsecret"


class Store:
    """Buckets that can be filled."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def put(self, name: str, data: bytes = b"") -> None:
        """Make a bucket, or an object in one."""
        request = urllib.request.Request(
            f"{self.endpoint}/{quote(name)}", data=data, method="PUT", headers={"Content-Type": "application/octet-stream"}
        )
        with urllib.request.urlopen(request, timeout=20):
            pass


@contextmanager
def s3_store(folder: Path) -> Iterator[Store]:
    """A running store."""
    port = free_port()
    with (folder / "store.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    store = Store(port)
    try:
        end_s = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{store.endpoint}/moto-api/", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None and time.monotonic() < end_s, (folder / "store.log").read_text()
                time.sleep(0.1)
        yield store
    finally:
        kill(process)


def build_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    """An archive with these members."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
