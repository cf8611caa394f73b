"""JUMBF boxes with a C2PA manifest store, and signed pictures where the signing library is installed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from builders import heif, jpeg, png, tiff, webp
from builders.xmp import build_gif

STORE_TYPE = bytes.fromhex("6332706100110010800000aa00389b71")
MANIFEST_TYPE = bytes.fromhex("63326d6100110010800000aa00389b71")
C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
DIGITAL_CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def superbox(kind: bytes, label: str, *inside: bytes) -> bytes:
    """A superbox with its description box."""
    return heif.box(b"jumb", heif.box(b"jumd", kind, b"\x03", label.encode() + b"\0"), *inside)


def build_store(*, padding: int = 0) -> bytes:
    """A store with a manifest that has a label and nothing to verify."""
    return superbox(STORE_TYPE, "c2pa", superbox(MANIFEST_TYPE, "urn:uuid:test", heif.box(b"free", bytes(padding))))


def jpeg_segments(store: bytes, step: int = 60_000) -> list[bytes]:
    """APP11 segments over which a box is spread; each part repeats the box's header (ISO/IEC 18477-3 §B.1)."""
    head, body = store[:8], store[8:]
    parts = [body[at : at + step] for at in range(0, len(body), step)]
    return [
        jpeg.segment(0xEB, b"JP" + (1).to_bytes(2) + number.to_bytes(4) + head + part)
        for number, part in enumerate(parts, start=1)
    ]


def _uuid(store: bytes) -> bytes:
    return heif.box(b"uuid", C2PA_BOX, bytes(4), b"manifest\0", bytes(8), store)


def carriers(store: bytes) -> dict[str, bytes]:
    """A file of every format that carries a manifest store, with this one in it."""
    blocks = [store[at : at + 255] for at in range(0, len(store), 255)]
    gif = b"\x21\xff\x0bC2PA_GIF\x01\0\0" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return {
        "jpeg": jpeg.build_jpeg(*jpeg_segments(store)),
        "jpeg in parts": jpeg.build_jpeg(*jpeg_segments(store, 30)),
        "png": png.build_png(png.chunk(b"caBX", store)),
        "webp": webp.build_riff(b"WEBP", webp.extended_header(1, 1), webp.build_picture(), webp.chunk(b"C2PA", store)),
        "gif": build_gif(gif),
        "tiff": tiff.build_exif(ifd0={0xCD41: tiff.undefined(store)}),
        "heic": heif.build_heif() + _uuid(store),
        "avif": heif.build_heif(brand=b"avif") + _uuid(store),
        "mp4": heif.file_type(b"isom") + _uuid(store) + heif.box(b"moov"),
        "jxl": heif.build_jxl(store),
    }


def sign_jpeg(c2pa: Any, picture: bytes, manifest: Mapping[str, Any]) -> bytes:
    """Sign a picture with a certificate that is made for the purpose and that nobody vouches for."""
    chain, key = _make_certificates()
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None)
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest)) as builder:
        builder.sign(signer, "image/jpeg", io.BytesIO(picture), out)
    return out.getvalue()


def _make_certificates() -> tuple[bytes, bytes]:
    """A root and an end certificate of the C2PA profile (C2PA specification 2.1 §14.5), and the end certificate's key, as PEM."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common)])

    def usage(*, signs_certificates: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=not signs_certificates,
            key_cert_sign=signs_certificates,
            crl_sign=signs_certificates,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )

    since, until = dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2044, 1, 1, tzinfo=dt.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    certificates = []
    for subject, own, is_root in (("Test root", root_key, True), ("Test signer", key, False)):
        builder = x509.CertificateBuilder(
            issuer_name=name("Test root"),
            subject_name=name(subject),
            public_key=own.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=since,
            not_valid_after=until,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        builder = builder.add_extension(usage(signs_certificates=is_root), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        if not is_root:
            authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_identifier)
            builder = builder.add_extension(authority, critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        certificates.append(builder.sign(root_key, hashes.SHA256()))
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    root, end = (certificate.public_bytes(pem) for certificate in certificates)
    return end + root, private
