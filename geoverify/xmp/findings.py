"""From one XMP document to everything that it says of place, time, direction and origin."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.xmp_packets import XmpDocument
from geoverify.containers.xmp_tree import Properties
from geoverify.model import Finding
from geoverify.speech import Speaker
from geoverify.xmp.origin import say_origin, say_times
from geoverify.xmp.positions import say_gps_time, say_headings, say_positions, say_views
from geoverify.xmp.words import say_places, say_texts

_PARTS = (say_positions, say_gps_time, say_headings, say_views, say_times, say_origin, say_places, say_texts)


def say_document(document: XmpDocument, speaker: Speaker) -> Iterator[Finding]:
    """Yield what was wrong with a document, then what it says."""
    for message in document.problems:
        yield speaker.warn("malformed", f"XMP: {message}")
    if document.properties:
        yield from say_properties(document.properties, speaker)


def say_properties(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield what a set of properties says."""
    for say in _PARTS:
        yield from say(props, speaker)
