"""Content Credentials: presence without the library; signature, tampering and statements with it."""

import importlib.util
import io
import random
import sys
import time
from pathlib import Path

import pytest
from builders import heif, jpeg
from builders.findings import observed, read_bytes
from builders.jumbf import DIGITAL_CAPTURE, STORE_TYPE, build_store, carriers, jpeg_segments, sign_jpeg, superbox
from builders.xmp import build_packet, jpeg_segment

from geoverify.containers.jumbf import MAX_LABELS, MAX_STORE_BYTES, list_labels, manifest_stores
from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import (
    CaptureTime,
    Credential,
    Finding,
    MediaFile,
    PlaceClaim,
    Position,
    SignatureState,
    Software,
    TextSnippet,
    TimeMeaning,
    Who,
)
from geoverify.readers import c2pa as module
from geoverify.readers.c2pa import READER

STORE = build_store()
needs_library = pytest.mark.skipif(importlib.util.find_spec("c2pa") is None, reason="needs the extra geoverify[c2pa]")
CAPTURE = {
    "action": "c2pa.created",
    "when": "2024-01-17T11:00:00+07:00",
    "softwareAgent": "Firmware 1",
    "digitalSourceType": DIGITAL_CAPTURE,
}
EXIF = {"exif:GPSLatitude": "11,3.9N", "exif:GPSLongitude": "106,8.0E", "exif:DateTimeOriginal": "2024-01-17T11:00:00+07:00"}
PLACE = {"@type": "Place", "name": "Bavet", "geo": {"@type": "GeoCoordinates", "latitude": 11.06, "longitude": 106.13}}
MANIFEST = {
    "claim_generator_info": [{"name": "Test camera", "version": "1.0"}],
    "assertions": [
        {"label": "c2pa.actions", "data": {"actions": [CAPTURE]}},
        {"label": "stds.exif", "kind": "Json", "data": {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, **EXIF}},
        {
            "label": "stds.schema-org.CreativeWork",
            "kind": "Json",
            "data": {"@context": "https://schema.org", "@type": "CreativeWork", "locationCreated": PLACE},
        },
    ],
}


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    module._load_library.cache_clear()
    yield
    module._load_library.cache_clear()


@pytest.fixture(scope="module")
def signed() -> bytes:
    return sign_jpeg(pytest.importorskip("c2pa"), jpeg.build_jpeg(), MANIFEST)


def credential(findings: list[Finding]) -> Credential:
    ((value, _, _),) = observed(findings, Credential)
    return value


@pytest.mark.parametrize("name", carriers(STORE))
def test_presence_is_told_without_the_library(name: str, no_library: None) -> None:
    findings = read_bytes(READER, carriers(STORE)[name])
    value = credential(findings)
    assert value.signature is SignatureState.NOT_CHECKED
    assert "geoverify[c2pa]" in value.detail
    assert findings[0].provenance.raw == "labels c2pa, urn:uuid:test"


@pytest.mark.parametrize("name", carriers(STORE))
def test_the_store_is_put_together_again(name: str) -> None:
    data = carriers(STORE)[name]
    kind, media_type = sniff_type(data)
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    assert [store.data for store in manifest_stores(media, MemorySource(data))] == [STORE]


def test_parts_in_any_order_and_boxes_of_others() -> None:
    store = build_store(padding=500)
    data = jpeg.build_jpeg(*jpeg_segments(store, 100)[::-1])
    media = MediaFile(path="x", kind=sniff_type(data)[0], media_type="image/jpeg", size_bytes=len(data), digest=None)
    assert [found.data for found in manifest_stores(media, MemorySource(data))] == [store]
    other = superbox(b"json" + STORE_TYPE[4:], "somebody else's")
    assert read_bytes(READER, jpeg.build_jpeg(*jpeg_segments(other))) == []
    assert read_bytes(READER, jpeg.build_jpeg()) == []


def test_a_manifest_that_lies_elsewhere_is_never_fetched() -> None:
    address = "https://manifests.invalid/1"
    value = credential(read_bytes(READER, jpeg.build_jpeg(jpeg_segment(build_packet({"dcterms:provenance": address})))))
    assert value.signature is SignatureState.NOT_CHECKED
    assert address in value.detail


@needs_library
def test_the_library_is_told_not_to_fetch() -> None:
    c2pa, context = module._load_library()
    remote = jpeg.build_jpeg(
        jpeg_segment(build_packet({"dcterms:provenance": "https://127.0.0.1:9/manifest"}, as_attributes=True))
    )
    with pytest.raises(Exception, match="must fetch remote"):
        c2pa.Reader("image/jpeg", io.BytesIO(remote), context=context)


@needs_library
def test_a_store_that_cannot_be_verified_is_told() -> None:
    value = credential(read_bytes(READER, carriers(STORE)["jpeg"]))
    assert value.signature is SignatureState.NOT_CHECKED
    assert "cannot be verified" in value.detail


@needs_library
def test_a_signature_that_holds_by_a_signer_whom_nobody_vouches_for(signed: bytes) -> None:
    value = credential(read_bytes(READER, signed))
    assert value.signature is SignatureState.UNTRUSTED
    assert (value.claim_generator, value.signer, value.signed_at_utc) == ("Test camera 1.0", "Test / Test signer", None)


@needs_library
def test_what_a_manifest_states(signed: bytes) -> None:
    findings = read_bytes(READER, signed)
    ((position, field, who),) = observed(findings, Position)
    assert (round(position.lat_deg, 4), round(position.lon_deg, 4), who) == (11.065, 106.1333, Who.DEVICE)
    assert field == "exif:GPSLatitude+exif:GPSLongitude"
    assert [(time.meaning, time.offset_minutes) for time, _, _ in observed(findings, CaptureTime)] == [
        (TimeMeaning.CAPTURED, 420)
    ] * 2
    ((claim, _, who),) = observed(findings, PlaceClaim)
    assert (claim.name, who) == ("Bavet", Who.EDITOR)
    assert claim.position is not None
    assert claim.position.lat_deg == 11.06
    assert [value.name for value, _, _ in observed(findings, Software)] == ["Firmware 1"]
    assert [value.text for value, _, _ in observed(findings, TextSnippet)] == ["digital source type digitalCapture"]


@needs_library
def test_a_file_that_was_changed_after_it_was_signed(signed: bytes) -> None:
    changed = bytearray(signed)
    changed[-3] ^= 1
    findings = read_bytes(READER, bytes(changed))
    assert credential(findings).signature is SignatureState.INVALID
    # What a broken signature covers is no device's word any more.
    assert {who for _, _, who in observed(findings, Position)} == {Who.EDITOR}


@needs_library
def test_the_library_reads_files_too(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "signed.jpg"
    path.write_bytes(signed)
    with open_media(path) as (media, source):
        assert credential(list(READER.read(media, source))).signature is SignatureState.UNTRUSTED
        # The descriptor is still the reading line's.
        assert source.read(0, 2) == b"\xff\xd8"


@needs_library
def test_mutations_of_a_signed_file_never_fail(signed: bytes) -> None:
    generator = random.Random(1)
    started = time.process_time()
    for _ in range(150):
        mutant = bytearray(signed)
        for _ in range(generator.choice((1, 3, 9))):
            mutant[generator.randrange(20, len(mutant))] = generator.randrange(256)
        for finding in read_bytes(READER, bytes(mutant)):
            assert finding is not None
    for length in range(20, len(signed), 211):
        read_bytes(READER, signed[:length])
    assert time.process_time() - started < 60


def test_labels_of_hostile_boxes() -> None:
    assert list_labels(b"") == list_labels(bytes(100)) == []
    assert list_labels(heif.box(b"jumb", heif.box(b"jumd", bytes(3)))) == []
    deep = b""
    for _ in range(200):
        deep = heif.box(b"jumb", deep)
    assert list_labels(deep) == []
    wide = heif.box(b"jumb", *[superbox(STORE_TYPE, "x")] * 3000)
    assert len(list_labels(wide)) == MAX_LABELS


def test_a_store_over_the_limit_is_cut() -> None:
    data = carriers(build_store(padding=MAX_STORE_BYTES))["png"]
    media = MediaFile(path="x", kind=sniff_type(data)[0], media_type="image/png", size_bytes=len(data), digest=None)
    assert [len(store.data) for store in manifest_stores(media, MemorySource(data))] == [MAX_STORE_BYTES]


def test_real_files(shared: Path) -> None:
    folder = shared / "corpora" / "metadata" / "c2pa-python" / "tests" / "fixtures"
    states = {}
    for name in ("A.jpg", "C.dng", "cloud.jpg"):
        with open_media(folder / name) as (media, source):
            found = observed(list(READER.read(media, source)), Credential)
            states[name] = [value.signature for value, _, _ in found]
    has_library = importlib.util.find_spec("c2pa") is not None
    signed_state = SignatureState.UNTRUSTED if has_library else SignatureState.NOT_CHECKED
    assert states == {"A.jpg": [], "C.dng": [signed_state], "cloud.jpg": [SignatureState.NOT_CHECKED]}
