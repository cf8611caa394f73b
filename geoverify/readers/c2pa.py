"""Content Credentials (C2PA specification 2.1): who claims to have made the file, what it states, and whether that is signed.

Verification is the optional package c2pa-python's; without it only the presence of a manifest is told. No trust list is
installed and nothing is fetched, neither remote manifests nor revocation lists.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, BinaryIO

from geoverify.containers.jumbf import ManifestStore, list_labels, manifest_stores
from geoverify.containers.xmp_packets import xmp_documents
from geoverify.media import ByteSource
from geoverify.model import Credential, Finding, MediaFile, MediaKind, SignatureState, Who
from geoverify.readers._c2pa_assertions import say_assertions
from geoverify.speech import Speaker
from geoverify.text import MAX_TEXT_CHARS

NAME = "c2pa"
MAX_JSON_CHARS = 8 << 20
MAX_MANIFESTS = 16
MAX_CODES = 6
_SETTINGS = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}}
_STATES = {"Trusted": SignatureState.VALID, "Valid": SignatureState.UNTRUSTED, "Invalid": SignatureState.INVALID}
_FORMATS = {"image/heic-sequence": "image/heic", "image/heif-sequence": "image/heif", "video/3gpp": "video/mp4"}
_WORDS = {
    SignatureState.VALID: "the signature holds and the signer is on the trust list",
    SignatureState.UNTRUSTED: "the signature holds, and the file is as it was signed; no trust list vouches for the signer",
    SignatureState.INVALID: "the signature or the file's digests do not hold: the file was changed after it was signed",
}


class C2paReader:
    """The manifest store: signature, claim generator, signer, and the assertions of place, time and actions."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield the credential of a file that has one, and what its manifests state."""
        speaker = Speaker(reader=NAME, who=Who.EDITOR)
        store = next(manifest_stores(media, source), None)
        if store is None:
            yield from _say_remote(media, source, speaker)
            return
        library = _load_library()
        if library is None:
            yield _say_unchecked(store, speaker, "install geoverify[c2pa] to verify its signature and to read what it states")
            return
        stream = _open_stream(source)
        with stream:
            yield from _verify(library, media, stream, store, speaker)


READER = C2paReader()


@cache
def _load_library() -> Any:
    """The library and a context without network, or `None` where it is not installed."""
    try:
        c2pa: Any = import_module("c2pa")
    except (ImportError, OSError, RuntimeError):
        return None
    return c2pa, c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))


def _say_remote(media: MediaFile, source: ByteSource, speaker: Speaker) -> Iterator[Finding]:
    """A manifest that lies elsewhere is named in the XMP (C2PA specification 2.1 §11.5); it is never fetched."""
    for document in xmp_documents(media, source):
        address = document.properties.get("dcterms:provenance")
        if address and address.value:
            detail = f"the manifest is not in the file but at {address.value[:500]}, and nothing is fetched from there"
            value = Credential(signature=SignatureState.NOT_CHECKED, detail=detail)
            yield speaker.observe(value, "XMP dcterms:provenance", address.value)


def _say_unchecked(store: ManifestStore, speaker: Speaker, reason: str) -> Finding:
    labels = list_labels(store.data)
    value = Credential(signature=SignatureState.NOT_CHECKED, detail=f"there is a manifest of {len(store.data)} bytes; {reason}")
    return speaker.observe(value, store.where, f"labels {', '.join(labels)}"[:MAX_TEXT_CHARS])


def _open_stream(source: ByteSource) -> BinaryIO:
    """The file for a library that reads it whole; a duplicate, because the library closes what it is given."""
    if source.fileno() < 0:
        return io.BytesIO(source.read(0, source.size_bytes))
    stream = os.fdopen(os.dup(source.fileno()), "rb")
    stream.seek(0)
    return stream


def _verify(library: Any, media: MediaFile, stream: BinaryIO, store: ManifestStore, speaker: Speaker) -> Iterator[Finding]:
    c2pa, context = library
    media_type = _FORMATS.get(media.media_type, media.media_type)
    try:
        with c2pa.Reader(media_type, stream, context=context) as reader:
            text, state_name = reader.json(), reader.get_validation_state()
    except Exception as error:  # the library's own errors have no common base in all of its versions
        yield _say_unchecked(store, speaker, f"it cannot be verified: {str(error)[:200]}")
        return
    if len(text) > MAX_JSON_CHARS:
        yield _say_unchecked(store, speaker, f"its content, {len(text)} characters, is larger than an honest one can be")
        return
    report = json.loads(text)
    manifests: dict[str, Any] = report.get("manifests") or {}
    active = str(report.get("active_manifest", ""))
    state = _STATES.get(state_name or "", SignatureState.NOT_CHECKED)
    yield _say_credential(manifests.get(active) or {}, state, report, store, speaker)
    for label in sorted(manifests, key=lambda label: label != active)[:MAX_MANIFESTS]:
        where = "" if label == active else f"earlier manifest {label}"
        yield from say_assertions(manifests[label], Speaker(reader=NAME, who=Who.EDITOR, where=where), state)


def _say_credential(
    manifest: dict[str, Any], state: SignatureState, report: dict[str, Any], store: ManifestStore, speaker: Speaker
) -> Finding:
    signature = manifest.get("signature_info") or {}
    signer = " / ".join(str(signature[key]) for key in ("issuer", "common_name") if signature.get(key))
    codes = [str(item.get("code")) for item in report.get("validation_status") or () if isinstance(item, dict)][:MAX_CODES]
    signed_at: dt.datetime | None = None
    if isinstance(signature.get("time"), str):
        with suppress(ValueError):
            signed_at = dt.datetime.fromisoformat(signature["time"]).astimezone(dt.UTC)
    detail = _WORDS.get(state, "the library did not say whether the signature holds")
    value = Credential(
        claim_generator=_name_generator(manifest),
        signer=signer[:MAX_TEXT_CHARS] or None,
        signed_at_utc=signed_at,
        signature=state,
        detail=f"{detail} ({', '.join(codes)})" if codes else detail,
    )
    return speaker.observe(value, store.where, f"{manifest.get('label', '')} {' '.join(codes)}".strip())


def _name_generator(manifest: dict[str, Any]) -> str | None:
    """The program that made the claim: its name and version, or in version 1 of claims a user agent string."""
    for info in manifest.get("claim_generator_info") or ():
        if isinstance(info, dict) and info.get("name"):
            return " ".join(str(info[key]) for key in ("name", "version") if info.get(key))[:MAX_TEXT_CHARS]
    generator = manifest.get("claim_generator")
    return str(generator)[:MAX_TEXT_CHARS] if generator else None
