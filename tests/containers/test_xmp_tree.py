"""XMP packets parsed: every spelling of a property gives the same tree, and no packet costs more than it should."""

import time

import pytest
from builders.xmp import NAMESPACES, build_packet, wrap

from geoverify.containers.xmp_tree import MAX_DEPTH, MAX_MARKS, MAX_PACKET_BYTES, parse_xmp
from geoverify.errors import BudgetError, MalformedError
from geoverify.text import MAX_TEXT_CHARS

RDF = NAMESPACES["rdf"]
EXIF = NAMESPACES["exif"]
LATITUDE = {"exif:GPSLatitude": "11,30.5N"}


def latitude(packet: bytes) -> str:
    return parse_xmp(packet).properties["exif:GPSLatitude"].value


@pytest.mark.parametrize("as_attributes", [True, False])
def test_attributes_and_elements_are_the_same_properties(as_attributes: bool) -> None:
    tree = parse_xmp(build_packet(LATITUDE | {"xmp:CreatorTool": "A & B"}, as_attributes=as_attributes))
    assert {name: node.value for name, node in tree.properties.items()} == LATITUDE | {"xmp:CreatorTool": "A & B"}
    assert tree.toolkit == "Test toolkit 1.0"
    assert tree.damage == ""


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]
)
def test_encodings(encoding: str) -> None:
    text = wrap("<dc:title>ភ្នំពេញ 😀</dc:title>")
    assert parse_xmp(text.encode(encoding)).properties["dc:title"].value == "ភ្នំពេញ 😀"


@pytest.mark.parametrize("array", ["Seq", "Bag", "Alt"])
def test_arrays(array: str) -> None:
    tree = parse_xmp(build_packet({"dc:subject": ["one", "two"]}, array=array))
    assert [item.value for item in tree.properties["dc:subject"].items] == ["one", "two"]
    assert tree.properties["dc:subject"].value == "one"


@pytest.mark.parametrize(
    "event",
    [
        '<rdf:li rdf:parseType="Resource"><stEvt:action>saved</stEvt:action></rdf:li>',
        '<rdf:li stEvt:action="saved"/>',
        '<rdf:li><rdf:Description stEvt:action="saved"/></rdf:li>',
        "<rdf:li><rdf:Description><stEvt:action>saved</stEvt:action></rdf:Description></rdf:li>",
    ],
)
def test_structures_in_every_form(event: str) -> None:
    tree = parse_xmp(wrap(f"<xmpMM:History><rdf:Seq>{event}</rdf:Seq></xmpMM:History>").encode())
    assert [item.fields["stEvt:action"].value for item in tree.properties["xmpMM:History"].items] == ["saved"]


@pytest.mark.parametrize(
    "inside",
    [
        '<exif:GPSLatitude rdf:parseType="Resource"><rdf:value>11,30.5N</rdf:value><dc:source>x</dc:source></exif:GPSLatitude>',
        "<exif:GPSLatitude><rdf:Description><rdf:value>11,30.5N</rdf:value></rdf:Description></exif:GPSLatitude>",
        '<exif:GPSLatitude><rdf:Description rdf:value="11,30.5N"/></exif:GPSLatitude>',
        '<exif:GPSLatitude rdf:resource="11,30.5N"/>',
        "<exif:GPSLatitude>\n  11,30.5N\n</exif:GPSLatitude>",
    ],
)
def test_values_with_qualifiers(inside: str) -> None:
    assert latitude(wrap(inside).encode()) == "11,30.5N"


def test_languages() -> None:
    inside = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A</rdf:li><rdf:li xml:lang="km">ក</rdf:li></rdf:Alt></dc:title>'
    items = parse_xmp(wrap(inside).encode()).properties["dc:title"].items
    assert [(item.lang, item.value) for item in items] == [("x-default", "A"), ("km", "ក")]


@pytest.mark.parametrize(
    "text",
    [
        f'<rdf:Description xmlns:rdf="{RDF}" xmlns:exif="{EXIF}" exif:GPSLatitude="11,30.5N"/>',
        f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description xmlns:exif="{EXIF}" exif:GPSLatitude="11,30.5N"/></rdf:RDF>',
        f'<x:xapmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description xmlns:exif="{EXIF}">'
        "<exif:GPSLatitude>11,30.5N</exif:GPSLatitude></rdf:Description></rdf:RDF></x:xapmeta>",
        f'<somebody-elses-wrapper><exif:GPSLatitude xmlns:exif="{EXIF}">11,30.5N</exif:GPSLatitude></somebody-elses-wrapper>',
    ],
)
def test_missing_wrappers_are_no_damage(text: str) -> None:
    tree = parse_xmp(text.encode())
    assert tree.properties["exif:GPSLatitude"].value == "11,30.5N"
    assert tree.damage == ""


@pytest.mark.parametrize("tail", [b"\0" * 2000, b" \n" * 3000, b"\0junk <not xml", b"<?xpacket end='r'?>\0\0"])
def test_padding_and_junk_behind_a_packet_are_no_damage(tail: bytes) -> None:
    tree = parse_xmp(wrap("", 'exif:GPSLatitude="11,30.5N"').encode() + tail)
    assert (tree.properties["exif:GPSLatitude"].value, tree.damage) == ("11,30.5N", "")


def test_junk_before_a_packet_is_no_damage() -> None:
    assert latitude(b"\0\0 junk \r\n" + build_packet(LATITUDE)) == "11,30.5N"


def test_prefixes_mean_what_they_are_declared_as() -> None:
    usual = wrap("", 'exif:GPSLatitude="11,30.5N"')
    renamed = usual.replace("exif:GPS", "e:GPS").replace("xmlns:exif=", "xmlns:e=")
    assert latitude(renamed.encode()) == "11,30.5N"
    old = usual.replace("exif:GPSLatitude=", "xap:CreatorTool=").replace("xmlns:xmp=", "xmlns:xap=")
    assert parse_xmp(old.encode()).properties["xmp:CreatorTool"].value == "11,30.5N"
    foreign = usual.replace(f'xmlns:exif="{EXIF}"', 'xmlns:exif="http://elsewhere.invalid/"')
    assert "exif:GPSLatitude" not in parse_xmp(foreign.encode()).properties
    default = f'<rdf:Description xmlns:rdf="{RDF}"><GPSLatitude xmlns="{EXIF}">11,30.5N</GPSLatitude></rdf:Description>'
    assert latitude(default.encode()) == "11,30.5N"


def test_undeclared_prefixes_of_the_standards_are_read() -> None:
    assert latitude(b'<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude="11,30.5N"/></rdf:RDF></x:xmpmeta>') == "11,30.5N"


def test_other_namespaces_leave_nothing() -> None:
    inside = "<crs:Mask><rdf:Seq><rdf:li><exif:GPSLatitude>1</exif:GPSLatitude></rdf:li></rdf:Seq></crs:Mask>"
    tree = parse_xmp(wrap(inside + "<exif:GPSLatitude>11,30.5N</exif:GPSLatitude>", 'crs:Version="9"').encode())
    assert {name: node.text for name, node in tree.properties.items()} == LATITUDE


def test_what_comes_before_damage_is_kept() -> None:
    tree = parse_xmp(wrap("<exif:GPSLatitude>11,30.5N</exif:GPSLatitude><dc:title>cut").encode()[:-60])
    assert tree.properties["exif:GPSLatitude"].value == "11,30.5N"
    assert "breaks off" in tree.damage


def test_forbidden_characters_and_misplaced_declarations_are_mended() -> None:
    packet = wrap("<dc:title>a\x01b&#x2;c</dc:title><exif:GPSLatitude>11,30.5N</exif:GPSLatitude>").encode()
    assert latitude(packet) == "11,30.5N"
    assert parse_xmp(packet).properties["dc:title"].value == "abc"
    assert (
        latitude(b"<?xpacket begin=''?>\n<?xml version='1.0'?>\n" + wrap("", 'exif:GPSLatitude="11,30.5N"').encode())
        == "11,30.5N"
    )
    assert parse_xmp(wrap("<dc:title>caf\xe9</dc:title>").encode("latin-1")).properties["dc:title"].value == "caf\ufffd"


def test_a_property_stated_twice_is_told() -> None:
    tree = parse_xmp(wrap("<exif:GPSLatitude>1,0N</exif:GPSLatitude>", 'exif:GPSLatitude="11,30.5N"').encode())
    assert tree.properties["exif:GPSLatitude"].value == "11,30.5N"
    assert "stated twice" in tree.damage


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><x>&b;</x>',
        '<!DOCTYPE x SYSTEM "http://elsewhere.invalid/x.dtd"><x/>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    ],
)
def test_document_types_and_entities_are_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="document type"):
        parse_xmp(text.encode())


def test_undefined_entities_are_damage() -> None:
    assert "breaks off" in parse_xmp(wrap("<dc:title>&lol;</dc:title>").encode()).damage


BOMBS = {
    "depth": b"<a>" * 60_000,
    "depth inside": b"<rdf:Description>" * 60_000,
    "elements": b"<rdf:RDF>" + b"<rdf:Description/>" * (MAX_MARKS + 1),
    "elements within bounds": b"<rdf:RDF>" + b"<rdf:Description/>" * (MAX_MARKS - 10),
    "attributes": b"<rdf:RDF " + b" ".join(b'rdf:a%d=""' % number for number in range(MAX_MARKS - 10)) + b"/>",
    "one long name": b"<" + b"a" * (MAX_PACKET_BYTES - 10),
    "a long namespace": b'<e:a xmlns:e="' + b"u" * 1_000_000 + b'" xmlns:z="' + EXIF.encode() + b'">' + b"<e:b/>" * 90_000,
    "nul": bytes(MAX_PACKET_BYTES),
    "references": b"<a>" + b"&#x41;" * 600_000,
    "forbidden references": b"<a>" + b"&#x1;" * 700_000,
    "comments": b"<a>" + b"<!---->" * (MAX_MARKS - 10),
    "declarations": b"<?xml " * 600_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_parsed_or_refused_in_time(name: str) -> None:
    started = time.process_time()
    try:
        tree = parse_xmp(BOMBS[name])
    except BudgetError:
        tree = None
    assert time.process_time() - started < 2.0
    assert tree is None or all(len(node.text) <= 1 << 16 for node in tree.properties.values())


def test_bounds() -> None:
    with pytest.raises(BudgetError):
        parse_xmp(b"<a>" * (MAX_DEPTH + 2))
    with pytest.raises(BudgetError):
        parse_xmp(bytes(MAX_PACKET_BYTES + 1))
    assert len(parse_xmp(wrap(f"<dc:title>{'x' * 200_000}</dc:title>").encode()).properties["dc:title"].text) == MAX_TEXT_CHARS
