"""XMP packets (ISO 16684-1): a real XML parser, and RDF's many spellings of one property brought to a single form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from geoverify.errors import BudgetError, MalformedError
from geoverify.text import MAX_TEXT_CHARS

MAX_PACKET_BYTES = 4 << 20
# Extended XMP carries depth maps and second pictures as text; those of phones have up to some ten megabytes.
MAX_EXTENDED_BYTES = 16 << 20
MAX_DEPTH = 48
# Elements and attributes together; the longest editing histories of real packets have some ten thousand.
MAX_MARKS = 200_000
MAX_NAMESPACE_CHARS = 512

# The namespaces that are read here, under the prefixes of their specifications; what stands in any other is passed over.
_NAMESPACES = {
    "adobe:ns:meta": "x",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://ns.adobe.com/exif/1.0": "exif",
    "http://cipa.jp/exif/1.0": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux": "aux",
    "http://ns.adobe.com/tiff/1.0": "tiff",
    "http://ns.adobe.com/xap/1.0": "xmp",
    "http://ns.adobe.com/xap/1.0/mm": "xmpMM",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef": "stRef",
    "http://ns.adobe.com/xmp/note": "xmpNote",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia": "xmpDM",
    "http://ns.adobe.com/photoshop/1.0": "photoshop",
    "http://ns.adobe.com/lightroom/1.0": "lr",
    "http://ns.adobe.com/album/1.0": "album",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29": "Iptc4xmpExt",
    "http://www.dji.com/drone-dji/1.0": "drone-dji",
    "http://www.parrot.com/drone-parrot/1.0": "drone-parrot",
    "https://www.skydio.com/drone-skydio/1.0": "drone-skydio",
    "http://pix4d.com/camera/1.0": "Camera",
    "http://ns.google.com/photos/1.0/panorama": "GPano",
    "http://ns.google.com/photos/1.0/camera": "GCamera",
    "http://ns.google.com/photos/1.0/container": "Container",
    "http://ns.google.com/photos/1.0/container/item": "Item",
    "http://www.digikam.org/ns/1.0": "digiKam",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2": "MP",
}
_PREFIXES = {prefix: prefix for prefix in _NAMESPACES.values()} | {
    "xap": "xmp",
    "xapMM": "xmpMM",
    "MicrosoftPhoto_1_": "MicrosoftPhoto",
}

# Elements that only hold others.
_WRAPPERS = frozenset(("", "x:xmpmeta", "x:xapmeta", "rdf:RDF", "rdf:Description"))
_ARRAYS = frozenset(("rdf:Seq", "rdf:Bag", "rdf:Alt"))
# Attributes that are no properties.
_QUALIFIERS = frozenset(
    ("rdf:resource", "rdf:value", "xml:lang", "x:xmptk", "rdf:about", "rdf:ID", "rdf:nodeID", "rdf:parseType", "rdf:datatype")
)

# Characters that XML 1.0 forbids, and declarations that stand where none may.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\\d|3[01]));"
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}\?>")
_MARKS = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NO_ELEMENTS, _JUNK_AFTER_DOCUMENT = 3, 9


@dataclass(slots=True, eq=False)
class Node:
    """A property, a field of a structure or an item of an array; `name` has the prefix of its specification."""

    name: str
    text: str = ""
    lang: str | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def value(self) -> str:
        """The words of a simple value, or those of an array's first item."""
        return self.text.strip() or next((item.text.strip() for item in self.items if item is not self), "")

    @property
    def items(self) -> list[Node]:
        """The items of an array in its order; a value that is none is its own only item."""
        for child in self.children:
            if child.name in _ARRAYS:
                return [item for item in child.children if item.name == "rdf:li"]
        return [self]

    @property
    def fields(self) -> dict[str, Node]:
        """The fields of a structure, whether or not they stand in an inner rdf:Description."""
        found: dict[str, Node] = {}
        for child in self.children:
            for inner in child.children if child.name == "rdf:Description" else (child,):
                found.setdefault(inner.name, inner)
        return found


Properties = dict[str, Node]


@dataclass(slots=True)
class XmpTree:
    """A packet's properties by name, the toolkit that wrote it, and what was wrong with it (empty: nothing)."""

    properties: Properties
    toolkit: str = ""
    damage: str = ""


def parse_xmp(data: bytes, max_bytes: int = MAX_PACKET_BYTES) -> XmpTree:
    """Parse one packet in UTF-8, UTF-16 or UTF-32; of a damaged one the properties before the damage come out.

    Padding and junk around the packet and missing wrappers are no damage. Raises `MalformedError` for a document type
    declaration, and `BudgetError` for more bytes, elements or nesting than honest packets have.
    """
    if len(data) > max_bytes:
        raise BudgetError(f"an XMP packet of {len(data)} bytes; those over {max_bytes} are not read")
    text = _to_utf8(data)
    if text.count(b"<") + text.count(b"=") > MAX_MARKS:
        raise BudgetError(f"an XMP packet with more than {MAX_MARKS} elements and attributes; it is made to harm")
    builder = _build(text)
    if builder.damage and (mended := _mend(text)) != text:
        # One more try, mended as far as can be done without guessing; whichever of the two got further counts.
        second = _build(mended)
        if second.element_count > builder.element_count or not second.damage:
            builder = second
    return XmpTree(builder.collect(), builder.toolkit, builder.damage)


def _to_utf8(data: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").strip("\0 \t\r\n").encode("utf-8", "replace")
    start = data.find(b"<")
    if data[start : start + 2] == b"<\0":
        # Without a mark only where the first "<" stands tells the order of the bytes.
        width = 4 if data[start : start + 4] == b"<\0\0\0" else 2
        is_big = start % width == width - 1
        encoding = f"utf-{8 * width}-{'be' if is_big else 'le'}"
        return data[start - is_big * (width - 1) :].decode(encoding, "replace").strip("\0 \t\r\n").encode("utf-8", "replace")
    return data[max(start, 0) :].rstrip(b"\0 \t\r\n")


def _mend(text: bytes) -> bytes:
    return _FORBIDDEN.sub("", _DECLARATION.sub("", text.decode("utf-8", "replace"))).encode()


class _UnusualPrefixError(Exception):
    """A packet declares a namespace under another prefix than its specification's."""


def _build(text: bytes) -> _Builder:
    """Parse with prefixes taken as they stand, which nearly every packet allows, and else with the parser resolving them."""
    try:
        builder = _Builder(_canonise_prefix)
        builder.parse(text)
    except _UnusualPrefixError:
        builder = _Builder(_canonise_uri)
        builder.parse(text)
    return builder


class _Builder:
    """Builds the tree from the parser's events; what stands in a namespace that is not read here leaves nothing behind."""

    def __init__(self, canonise: Callable[[str], str]) -> None:
        self.toolkit = ""
        self.damage = ""
        self.element_count = 0
        self._canonise = canonise
        self._root = Node("")
        self._stack = [self._root]
        # How deep the parser is in an element that is passed over.
        self._skipped = 0
        self._parser = expat.ParserCreate("utf-8", " " if canonise is _canonise_uri else None)
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.StartNamespaceDeclHandler = _check_namespace

    def parse(self, text: bytes) -> None:
        """Parse a whole document; what is wrong with it is `damage`."""
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            if error.code != _JUNK_AFTER_DOCUMENT and not (error.code == _NO_ELEMENTS and not text):
                where = f"line {error.lineno}, column {error.offset}"
                self.damage = f"the XML breaks off at {where} ({expat.ErrorString(error.code)})"
        finally:
            # The handlers are bound methods: without this the parser and the tree would wait for the garbage collector.
            self._parser.StartElementHandler = self._parser.EndElementHandler = self._parser.CharacterDataHandler = None

    def collect(self) -> Properties:
        """The properties of all descriptions of the packet; of one that is stated twice the first counts."""
        properties: Properties = {}
        holders = [self._root]
        for holder in holders:
            for child in holder.children:
                if child.name in _WRAPPERS:
                    holders.append(child)
                    continue
                first = properties.setdefault(child.name, child)
                if first is not child and first.text != child.text and not self.damage:
                    self.damage = f"{child.name} is stated twice ({first.text[:60]!r} and {child.text[:60]!r}); the first counts"
        return properties

    def _start(self, qualified: str, attributes: list[str]) -> None:
        self.element_count += 1
        stack = self._stack
        if len(stack) + self._skipped > MAX_DEPTH:
            raise BudgetError(f"XMP nested more than {MAX_DEPTH} deep; it is made to harm")
        if self._skipped:
            self._skipped += 1
            return
        name = self._canonise(qualified)
        if not name and stack[-1].name:
            for index in range(0, len(attributes), 2):
                self._check_declaration(attributes[index], attributes[index + 1])
            self._skipped = 1
            self._parser.CharacterDataHandler = None
            return
        node = Node(name)
        for index in range(0, len(attributes), 2):
            key = attributes[index]
            known = self._canonise(key)
            if known in _QUALIFIERS:
                self._qualify(node, known, attributes[index + 1])
            elif known:
                node.children.append(Node(known, attributes[index + 1][:MAX_TEXT_CHARS]))
            elif key.startswith("xmlns"):
                self._check_declaration(key, attributes[index + 1])
        stack[-1].children.append(node)
        stack.append(node)

    def _check_declaration(self, key: str, uri: str) -> None:
        is_declaration = self._canonise is _canonise_prefix and (key == "xmlns" or key.startswith("xmlns:"))
        if is_declaration and _NAMESPACES.get(uri.rstrip("/#"), "") != _PREFIXES.get(key[6:], ""):
            raise _UnusualPrefixError

    def _qualify(self, node: Node, name: str, value: str) -> None:
        if name in ("rdf:resource", "rdf:value"):
            node.text = value[:MAX_TEXT_CHARS]
        elif name == "xml:lang":
            node.lang = value[:64]
        elif name == "x:xmptk":
            self.toolkit = value[:MAX_TEXT_CHARS]

    def _end(self, _qualified: str) -> None:
        if self._skipped:
            self._skipped -= 1
            if not self._skipped:
                self._parser.CharacterDataHandler = self._characters
            return
        node = self._stack.pop()
        # A value with qualifiers: the value proper stands in rdf:value, often in an inner description (ISO 16684-1 §7.8).
        if node.name in ("rdf:value", "rdf:Description") and not node.text.isspace() and node.text:
            self._stack[-1].text = node.text

    def _characters(self, text: str) -> None:
        node = self._stack[-1]
        if len(node.text) < MAX_TEXT_CHARS:
            node.text += text[:MAX_TEXT_CHARS]


# The same few hundred names stand in every packet.
@lru_cache(maxsize=2048)
def _canonise_uri(qualified: str) -> str:
    """The name under its specification's prefix, from "namespace name"; empty where the namespace is not read here."""
    uri, _, local = qualified.rpartition(" ")
    prefix = _NAMESPACES.get(uri.rstrip("/#"))
    return f"{prefix}:{local}" if prefix else ""


@lru_cache(maxsize=2048)
def _canonise_prefix(qualified: str) -> str:
    """The same from "prefix:name", also where the prefix is not declared."""
    declared, _, local = qualified.rpartition(":")
    prefix = _PREFIXES.get(declared)
    return f"{prefix}:{local}" if prefix else ""


def _check_namespace(_prefix: str | None, uri: str | None) -> None:
    # The parser writes the namespace out before each name: a megabyte of it before a hundred thousand names takes minutes.
    if uri and len(uri) > MAX_NAMESPACE_CHARS:
        raise BudgetError(f"XMP with a namespace of {len(uri)} characters; it is made to harm")


def _refuse_doctype(name: str, *_rest: object) -> None:
    raise MalformedError(f"an XMP packet with a document type declaration ({name[:40]!r}), which XMP forbids; it is not read")
