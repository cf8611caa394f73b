"""XMP sidecars: `IMG.jpg.xmp` (darktable, digiKam, Immich) and `IMG.xmp` (Adobe's programs, Apple Photos)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoverify.containers.xmp_packets import parse_document
from geoverify.errors import MalformedError, UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Finding, Who
from geoverify.sidecars._files import show_name
from geoverify.speech import Speaker
from geoverify.xmp.findings import say_document

NAME = "xmp"


class XmpSidecar:
    """What an editing or cataloguing program keeps beside a picture instead of in it."""

    name = NAME
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:
        """Yield the name with the extension appended, then the one with it replaced."""
        for name in (media_path.name, media_path.stem):
            yield f"{name}.xmp"
            # Where case does not count both names would be one file, read twice: only the folder's own spelling is taken.
            if f"{name}.XMP" in folder.starting_with(f"{name}."):
                yield f"{name}.XMP"

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield what the sidecar says; no camera writes sidecars, so all of it is an editor's word."""
        if b"<" not in sidecar.data[:1024]:
            raise UnrecognisedError("it is no XML")
        document = parse_document("", sidecar.data)
        if not document.properties:
            if document.problems:
                raise MalformedError(document.problems[0])
            raise UnrecognisedError("it has no XMP properties")
        speaker = Speaker(reader=f"sidecars.{NAME}", who=Who.EDITOR)
        owner = document.properties.get("photoshop:SidecarForExtension")
        if owner and owner.value and f".{owner.value}".lower() != media_path.suffix.lower():
            message = f"{show_name(sidecar.path)} says that it belongs to a file ending in .{owner.value}"
            yield speaker.warn("sidecar-of-sibling", f"{message}: check that both files are of the same shot")
        yield from say_document(document, speaker)


SIDECAR = XmpSidecar()
