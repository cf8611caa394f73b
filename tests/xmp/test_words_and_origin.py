"""Places, texts, times, programs and history from XMP properties, and who could have written them."""

import datetime as dt

import pytest
from builders.findings import absent, observed
from builders.xmp import Value, build_packet, wrap

from geoverify.containers.xmp_tree import parse_xmp
from geoverify.model import (
    Camera,
    CaptureTime,
    Finding,
    PlaceClaim,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.speech import Speaker
from geoverify.xmp.origin import judge_author, say_origin, say_times
from geoverify.xmp.words import say_places, say_texts

SPEAKER = Speaker(reader="xmp", who=Who.DEVICE)


def say(say_part, props: dict[str, Value]) -> list[Finding]:
    return list(say_part(parse_xmp(build_packet(props)).properties, SPEAKER))


def test_a_place_from_small_to_large() -> None:
    props: dict[str, Value] = {
        "Iptc4xmpCore:Location": "Riverside",
        "photoshop:City": "Phnom Penh",
        "photoshop:State": "Phnom Penh",
        "photoshop:Country": "Cambodia",
        "Iptc4xmpCore:CountryCode": "KHM",
    }
    ((claim, field, who),) = observed(say(say_places, props), PlaceClaim)
    assert claim.name == "Riverside, Phnom Penh, Cambodia"
    assert field.startswith("Iptc4xmpCore:Location+photoshop:City")
    # A camera names no places, whoever wrote the rest.
    assert who is Who.EDITOR
    del props["photoshop:Country"]
    ((claim, _, _),) = observed(say(say_places, props), PlaceClaim)
    assert claim.name == "Riverside, Phnom Penh, KHM"


def test_created_and_shown_locations_are_kept_apart() -> None:
    here: Value = {
        "Iptc4xmpExt:City": "Bavet",
        "exif:GPSLatitude": "11,3.9N",
        "exif:GPSLongitude": "106,8.0E",
        "exif:GPSAltitude": "12/1",
    }
    there: Value = {"Iptc4xmpExt:Sublocation": "Bridge", "Iptc4xmpExt:CountryCode": "KH"}
    findings = say(
        say_places,
        {"Iptc4xmpExt:LocationCreated": [here], "Iptc4xmpExt:LocationShown": [there, {"Iptc4xmpExt:WorldRegion": "Asia"}]},
    )
    claims = [(field, claim.name) for claim, field, _ in observed(findings, PlaceClaim)]
    assert claims == [
        ("Iptc4xmpExt:LocationCreated", "Bavet"),
        ("Iptc4xmpExt:LocationShown", "Bridge, KH"),
        ("Iptc4xmpExt:LocationShown", "Asia"),
    ]
    position = observed(findings, PlaceClaim)[0][0].position
    assert position is not None
    assert (round(position.lat_deg, 3), round(position.lon_deg, 4), position.alt_m) == (11.065, 106.1333, 12.0)


def test_a_location_whose_position_cannot_be_used_keeps_its_name() -> None:
    place: Value = {"Iptc4xmpExt:City": "Bavet", "exif:GPSLatitude": "0,0N", "exif:GPSLongitude": "0,0E"}
    findings = say(say_places, {"Iptc4xmpExt:LocationCreated": [place]})
    assert [(claim.name, claim.position) for claim, _, _ in observed(findings, PlaceClaim)] == [("Bavet", None)]
    assert len(absent(findings, "position of Iptc4xmpExt:LocationCreated")) == 1


def test_texts() -> None:
    inside = (
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">By the river</rdf:li><rdf:li xml:lang="km">មាត់ទន្លេ</rdf:li>'
        '<rdf:li xml:lang="en">By the river</rdf:li></rdf:Alt></dc:description>'
        "<dc:subject><rdf:Bag><rdf:li>river</rdf:li><rdf:li> </rdf:li><rdf:li>casino</rdf:li></rdf:Bag></dc:subject>"
    )
    findings = list(say_texts(parse_xmp(wrap(inside, 'photoshop:Headline="H"').encode()).properties, SPEAKER))
    assert [(text.text, text.lang, text.source) for text, _, _ in observed(findings, TextSnippet)] == [
        ("By the river", None, TextSource.CAPTION),
        ("មាត់ទន្លេ", "km", TextSource.CAPTION),
        ("H", None, TextSource.TAG),
        ("river\ncasino", None, TextSource.TAG),
    ]


def test_times_and_what_they_mean() -> None:
    props: dict[str, Value] = {
        "exif:DateTimeOriginal": "2024-01-17T11:00:00+07:00",
        "photoshop:DateCreated": "2024-01-17",
        "xmp:CreateDate": "2024-01-17T11:00:00",
        "xmp:ModifyDate": "nonsense",
        "xmp:MetadataDate": "2024-02-01T00:00:00Z",
    }
    findings = say(say_times, props)
    times = [(field, time.meaning, time.offset_minutes) for time, field, _ in observed(findings, CaptureTime)]
    assert times == [
        ("exif:DateTimeOriginal", TimeMeaning.CAPTURED, 420),
        ("photoshop:DateCreated", TimeMeaning.CAPTURED, None),
        ("xmp:CreateDate", TimeMeaning.DIGITIZED, None),
        ("xmp:MetadataDate", TimeMeaning.MODIFIED, None),
    ]
    assert len(absent(findings, "time")) == 1


def test_camera_programs_and_history() -> None:
    event: Value = {"stEvt:action": "saved", "stEvt:softwareAgent": "Editor 1", "stEvt:when": "2024-01-18T08:00:00Z"}
    later: Value = {"stEvt:action": "saved", "stEvt:softwareAgent": "Editor 1", "stEvt:when": "2024-01-19T08:00:00Z"}
    findings = say(
        say_origin,
        {
            "tiff:Make": "Maker",
            "tiff:Model": "Model 1",
            "aux:SerialNumber": "0042",
            "xmp:CreatorTool": "Tool 2",
            "xmpMM:History": [event, {"stEvt:action": "derived"}, later],
            "xmpMM:DerivedFrom": {"stRef:documentID": "xmp.did:1"},
        },
    )
    assert [value for value, _, _ in observed(findings, Camera)] == [Camera(make="Maker", model="Model 1", serial="0042")]
    assert [value.name for value, _, _ in observed(findings, Software)] == ["Tool 2", "Editor 1"]
    assert findings[2].provenance.raw == "saved 2024-01-18T08:00:00Z; saved 2024-01-19T08:00:00Z"
    ((changed, _, _),) = observed(findings, CaptureTime)
    assert changed.instant_utc == dt.datetime(2024, 1, 19, 8, tzinfo=dt.UTC)
    assert changed.meaning is TimeMeaning.MODIFIED
    assert [value.text for value, _, _ in observed(findings, TextSnippet)] == ["derived from xmp.did:1"]


@pytest.mark.parametrize(
    ("props", "toolkit", "who"),
    [
        ({"drone-dji:GpsLatitude": "1"}, "", Who.DEVICE),
        ({"Camera:Yaw": "1"}, "", Who.DEVICE),
        ({"xmp:CreatorTool": "14.4.2"}, "XMP Core 5.4.0", Who.DEVICE),
        ({"xmp:CreatorTool": "HDR+ 1.0.345618096zd"}, "Adobe XMP Core 5.1.0-jc003", Who.DEVICE),
        ({"xmp:CreatorTool": "NIKON Z 5 Ver.01.20     "}, "", Who.DEVICE),
        ({"xmp:CreatorTool": "Model 1", "tiff:Model": "Model 1"}, "", Who.DEVICE),
        ({"xmp:CreatorTool": "Adobe Photoshop Lightroom 6.1 (Windows)"}, "", Who.EDITOR),
        ({"xmp:CreatorTool": "Photos 1.5"}, "", Who.EDITOR),
        ({"drone-dji:GpsLatitude": "1", "xmp:MetadataDate": "2024-01-01"}, "", Who.EDITOR),
        ({"drone-dji:GpsLatitude": "1", "xmpMM:History": ["x"]}, "", Who.EDITOR),
        ({"drone-dji:GpsLatitude": "1", "xmp:CreatorTool": "Adobe Camera Raw 12"}, "", Who.EDITOR),
        ({"drone-dji:GpsLatitude": "1"}, "Image::ExifTool 12.16", Who.EDITOR),
        ({"exif:GPSLatitude": "1"}, "", Who.EDITOR),
        ({}, "", Who.EDITOR),
    ],
)
def test_only_a_packet_without_an_editors_traces_is_the_devices(props: dict[str, Value], toolkit: str, who: Who) -> None:
    assert judge_author(parse_xmp(build_packet(props)).properties, toolkit) is who
