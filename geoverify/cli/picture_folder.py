"""The folder of evidence pictures: they are no footage, and footage does not belong there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from geoverify.errors import UsageError
from geoverify.text import escape_controls

# Pictures of `my.gvcase` go to `my.pictures` unless another folder is named.
PICTURES_SUFFIX = ".pictures"
_PICTURE = re.compile(r"[0-9a-f]{64}\.(jpg|[0-9]+\.part)", re.ASCII)


def leave_out_pictures(files: Sequence[Path], folder: Path | None, case_file: Path | None) -> Iterator[Path]:
    """Yield the files that are no evidence pictures of this run or of earlier ones of its case.

    Raises `UsageError` where the folder for them is a file or holds footage.
    """
    folders = {path.resolve() for path in (folder, case_file and case_file.with_suffix(PICTURES_SUFFIX)) if path is not None}
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(f"{escape_controls(str(folder))}: is a file; give --pictures a folder of its own")
    for file in files:
        if file.parent.resolve() not in folders:
            yield file
        elif not _PICTURE.fullmatch(file.name):
            shown = escape_controls(str(file.parent))
            raise UsageError(f"{shown}: holds footage that is to be matched; give --pictures a folder of its own")
