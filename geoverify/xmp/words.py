"""Words about the picture: named places, captions, keywords (IPTC Photo Metadata Standard, Dublin Core, photoshop)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from geoverify.containers.xmp_tree import Node, Properties
from geoverify.model import Finding, PlaceClaim, Position, TextSnippet, TextSource, Who
from geoverify.speech import Speaker, UnusableError
from geoverify.text import MAX_TEXT_CHARS
from geoverify.xmp.positions import read_position, say_altitude

MAX_ITEMS = 200
# The small-to-large order in which an address is said; the code only where the country has no name.
_CORE = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
_CORE_CODE = "Iptc4xmpCore:CountryCode"
_EXT = ("LocationName", "Sublocation", "City", "ProvinceState", "CountryName")
_EXT_CODE, _EXT_REGION = "CountryCode", "WorldRegion"
# Where the camera was, and what the picture shows, which may be kilometres off.
_LOCATIONS = ("Iptc4xmpExt:LocationCreated", "Iptc4xmpExt:LocationShown")
_CAPTIONS = ("dc:description", "exif:UserComment", "tiff:ImageDescription")
_TAGS = (
    "dc:title",
    "photoshop:Headline",
    "photoshop:Instructions",
    "photoshop:TransmissionReference",
    "photoshop:Credit",
    "photoshop:Source",
    "Iptc4xmpExt:Event",
    "Iptc4xmpExt:DigitalSourceType",
)
_LISTS = ("dc:subject", "dc:creator", "lr:hierarchicalSubject", "digiKam:TagsList", "MicrosoftPhoto:LastKeywordXMP")


def say_places(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the named places, each of a list on its own.

    Cameras name no places: a person typed them, or an editing program looked them up from the position.
    """
    author = speaker.as_author(Who.EDITOR)
    name = _join_names(props, _CORE, _CORE_CODE)
    if name:
        given = {key: props[key].value for key in (*_CORE, _CORE_CODE) if key in props and props[key].value}
        raw = "; ".join(f"{key.partition(':')[2]} {text}" for key, text in given.items())
        yield author.observe(PlaceClaim(name=name, source=TextSource.TAG), "+".join(given), raw)
    for key in _LOCATIONS:
        if key in props:
            for item in props[key].items[:MAX_ITEMS]:
                yield from _say_location(item, key, author)


def say_texts(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield captions and tags, each language of a text on its own and each list as one text with an item to a line."""
    author = speaker.as_author(Who.EDITOR)
    for names, source in ((_CAPTIONS, TextSource.CAPTION), (_TAGS, TextSource.TAG)):
        for name in names:
            if name in props:
                yield from _say_languages(props[name], name, source, author)
    for name in _LISTS:
        if name in props:
            text = "\n".join(dict.fromkeys(item.value for item in props[name].items[:MAX_ITEMS] if item.value))
            if text:
                yield author.observe(TextSnippet(text=text[:MAX_TEXT_CHARS], source=TextSource.TAG), name, text)


def _say_location(item: Node, key: str, author: Speaker) -> Iterator[Finding]:
    fields = item.fields
    names = tuple(f"Iptc4xmpExt:{name}" for name in _EXT)
    name = _join_names(fields, names, f"Iptc4xmpExt:{_EXT_CODE}") or _value(fields, f"Iptc4xmpExt:{_EXT_REGION}")
    position: Position | None = None
    if "exif:GPSLatitude" in fields or "exif:GPSLongitude" in fields:
        alt_m = yield from say_altitude(fields, "exif:GPSAltitude", author)
        try:
            position = read_position(fields, "exif:GPSLatitude", "exif:GPSLongitude", alt_m)
        except UnusableError as error:
            yield from author.excuse(f"position of {key}", error)
    if name or position:
        raw = "; ".join(
            f"{field.partition(':')[2]} {node.value[:200]}" for field, node in list(fields.items())[:20] if node.value
        )
        yield author.observe(PlaceClaim(name=name or None, position=position, source=TextSource.TAG), key, raw)


def _say_languages(node: Node, name: str, source: TextSource, author: Speaker) -> Iterator[Finding]:
    seen: set[str] = set()
    for item in node.items[:MAX_ITEMS]:
        text = item.value[:MAX_TEXT_CHARS]
        if text and text not in seen:
            seen.add(text)
            lang = item.lang if item.lang != "x-default" else None
            yield author.observe(TextSnippet(text=text, lang=lang, source=source), name, text)


def _join_names(fields: Mapping[str, Node], names: tuple[str, ...], code: str) -> str:
    """The parts of an address from small to large; a part that repeats the one before says nothing new."""
    parts = [_value(fields, name) for name in names]
    if not parts[-1]:
        parts[-1] = _value(fields, code)
    return ", ".join(dict.fromkeys(part for part in parts if part))[:MAX_TEXT_CHARS]


def _value(fields: Mapping[str, Node], name: str) -> str:
    return fields[name].value if name in fields else ""
