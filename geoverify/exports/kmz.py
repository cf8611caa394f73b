"""KMZ: the KML in an archive, with a small picture of each file where that is allowed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from shutil import copyfileobj
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from geoverify.exports._kml import KmlWriter
from geoverify.exports._rows import TABLE_OMITS
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.results import Judgement, Report


class KmzExporter:
    """One placemark a file, as in KML."""

    name = "kmz"
    suffixes = (".kmz",)
    is_text = False
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, background: Background = NO_BACKGROUND, /) -> Sink:
        """Begin the archive."""
        return _KmzSink(out, background)


EXPORTER = KmzExporter()


class _KmzSink:
    def __init__(self, out: BinaryIO, background: Background) -> None:
        self._archive = ZipFile(out, "w")
        self._background = background
        self._writer = KmlWriter()
        self._count = 0

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        picture = self._background.thumbnail_of(report) if self._background.thumbnail_of is not None else None
        name = None
        if picture is not None:
            self._count += 1
            name = f"files/{self._count:06d}.jpg"
            self._archive.writestr(_member(name, ZIP_STORED), picture)
        self._writer.add(report, judgements, name)

    def finish(self) -> None:
        with tempfile.TemporaryFile() as document:
            self._writer.write(document, self._background.sites)
            member = _member("doc.kml", ZIP_DEFLATED)
            # Google Earth's library reads no ZIP64; with the size known it is used only where there is no other way.
            member.file_size = document.tell()
            document.seek(0)
            with self._archive.open(member, "w") as out:
                copyfileobj(document, out)
        self._archive.close()

    def close(self) -> None:
        self._archive.close()
        self._writer.close()


def _member(name: str, compression: int) -> ZipInfo:
    """A member at the format's earliest time, so that equal exports are equal archives."""
    member = ZipInfo(name)
    member.compress_type = compression
    member.external_attr = 0o600 << 16
    return member
