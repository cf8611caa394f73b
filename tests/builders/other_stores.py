"""Servers for `gs://` and `sftp://` on the loopback, where their libraries are installed; none of these is a dependency."""

from __future__ import annotations

import os
import socket
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from builders.clusters import free_port

USER, PASSWORD = "ann", "hunter2-topsecret"


@contextmanager
def gs_store(files: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """A store with a bucket `footage` that holds these files; yields the environment in which `gs://` means it."""
    from gcp_storage_emulator.server import create_server

    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="footage")
    server.start()
    try:
        for name, data in files.items():
            where = f"{base}/upload/storage/v1/b/footage/o?uploadType=media&name={quote(name, safe='')}"
            request = urllib.request.Request(where, data=data, method="POST", headers={"Content-Type": "image/jpeg"})
            with urllib.request.urlopen(request, timeout=20):
                pass
        # gcsfs asks what kind of bucket it is over TLS, which no emulator speaks.
        yield {"STORAGE_EMULATOR_HOST": base, "FSSPEC_GS_TOKEN": "anon", "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    finally:
        server.stop()


@contextmanager
def sftp_server(folder: Path) -> Iterator[str]:
    """A server that shows a folder to one user; yields its URL, with the password in it."""
    import paramiko

    key = paramiko.RSAKey.generate(2048)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(client)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _make_view(paramiko, folder))
                transport.start_server(server=_make_door(paramiko))

        threading.Thread(target=serve, daemon=True).start()
        yield f"sftp://{USER}:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}"


def _make_door(paramiko: Any) -> Any:
    class Door(paramiko.ServerInterface):
        def check_auth_password(self, username: str, password: str) -> int:
            is_right = (username, password) == (USER, PASSWORD)
            return int(paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED)

        def check_channel_request(self, _kind: str, _number: int) -> int:
            return int(paramiko.OPEN_SUCCEEDED)

    return Door()


def _make_view(paramiko: Any, folder: Path) -> Any:
    attributes = paramiko.SFTPAttributes.from_stat

    class View(paramiko.SFTPServerInterface):
        def _place(self, path: str) -> Path:
            return folder / self.canonicalize(path).lstrip("/")

        def _look(self, path: str, look: Any) -> Any:
            try:
                return attributes(look(self._place(path)))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        def stat(self, path: str) -> Any:
            return self._look(path, os.stat)

        def lstat(self, path: str) -> Any:
            return self._look(path, os.lstat)

        def list_folder(self, path: str) -> Any:
            found = []
            for item in self._place(path).iterdir():
                found.append(attributes(item.lstat()))
                found[-1].filename = item.name
            return found

        def open(self, path: str, flags: int, _attributes: Any) -> Any:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = self._place(path).open("rb")
            return handle

    return View
