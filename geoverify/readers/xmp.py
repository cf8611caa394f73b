"""XMP (ISO 16684-1) in every image and video format that carries it."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.xmp_packets import xmp_documents
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind
from geoverify.speech import Speaker
from geoverify.xmp.findings import say_document
from geoverify.xmp.origin import judge_author


class XmpReader:
    """Positions, times, directions, device, programs, places and words of the XMP packets."""

    name = "xmp"
    kinds = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield what every packet says; those of a second and further packet are named by where they stand."""
        for number, document in enumerate(xmp_documents(media, source)):
            who = judge_author(document.properties, document.toolkit)
            yield from say_document(document, Speaker(reader=self.name, who=who, where=document.where if number else ""))


READER = XmpReader()
