"""The child's side of `asking`: one request about a file a line in, its answer or why there is none a line out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from geoverify.errors import MalformedError, MediaError
from geoverify.isolation.child import serve


class FileRequest(Struct, frozen=True, kw_only=True):
    """One file: its path as the hexadecimal of its bytes."""

    path_hex: str


Request = TypeVar("Request", bound=FileRequest)


def answer_files(request: type[Request], look: Callable[[Path, Request], Any], refuse: Callable[[str], Any]) -> None:
    """Answer requests of a type until stdin closes; a file that cannot be opened or read is refused in words."""

    def handle(line: bytes) -> bytes:
        asked = msgspec.json.decode(line, type=request)
        try:
            answer = look(Path(os.fsdecode(bytes.fromhex(asked.path_hex))), asked)
        except (MediaError, MalformedError) as error:
            answer = refuse(str(error))
        return msgspec.json.encode(answer)

    serve(lambda _: handle)
