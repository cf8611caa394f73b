"""Boxes of ISO base media, QuickTime and 3GPP files, and the metadata of one file put into another."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

UTF8, UTF16, SIGNED, UNSIGNED, FLOAT32, FLOAT64 = 1, 2, 21, 22, 23, 24
ENGLISH, UNDETERMINED = 0x15C7, 0x55C4
EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)
MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")

Value = str | int | float | bytes


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 32-bit size (14496-12 §4.2)."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def large_box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 64-bit size."""
    payload = b"".join(parts)
    return struct.pack(">I4sQ", 1, kind, 16 + len(payload)) + payload


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that starts with its version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def ftyp(major: bytes = b"isom", *compatible: bytes) -> bytes:
    """The file type box (§4.3)."""
    return box(b"ftyp", major, struct.pack(">I", 512), *(compatible or (major,)))


def seconds_1904(moment: dt.datetime) -> int:
    """A time as the headers count it (§8.2.2)."""
    return int((moment - EPOCH).total_seconds())


def _times(created: int, timescale: int, duration: int, version: int) -> bytes:
    if version == 1:
        return struct.pack(">QQIQ", created, created, timescale, duration)
    return struct.pack(">IIII", created, created, timescale, duration)


def matrix(rotation_deg: int = 0, *, mirrored: bool = False) -> bytes:
    """A transformation matrix (§6.2.2)."""
    a, b, c, d = MATRICES[rotation_deg]
    if mirrored:
        c, d = -c, -d
    fixed = [round(value * 65536) for value in (a, b, 0, c, d, 0, 0, 0)]
    return struct.pack(">8iI", *fixed, 1 << 30)


def mvhd(created: int = 0, timescale: int = 1000, duration: int = 10_000, version: int = 0) -> bytes:
    """The movie header (§8.2.2)."""
    rest = struct.pack(">IH10x", 1 << 16, 1 << 8) + matrix() + struct.pack(">24xI", 2)
    return full_box(b"mvhd", _times(created, timescale, duration, version), rest, version=version)


def tkhd(
    created: int = 0,
    duration: int = 10_000,
    width: int = 1920,
    height: int = 1080,
    rotation_deg: int = 0,
    *,
    mirrored: bool = False,
    version: int = 0,
) -> bytes:
    """The track header (§8.3.2)."""
    head = struct.pack(">QQIIQ" if version else ">IIIII", created, created, 1, 0, duration)
    size = struct.pack(">II", width << 16, height << 16)
    turn = matrix(rotation_deg, mirrored=mirrored)
    return full_box(b"tkhd", head, bytes(16), turn, size, version=version, flags=3)


def mdhd(created: int = 0, timescale: int = 30_000, duration: int = 300_000, version: int = 0) -> bytes:
    """The media header (§8.4.2)."""
    return full_box(b"mdhd", _times(created, timescale, duration, version), struct.pack(">HH", UNDETERMINED, 0), version=version)


def hdlr(kind: bytes = b"vide", name: bytes = b"VideoHandler\0", component: bytes = bytes(4)) -> bytes:
    """The handler (§8.4.3); QuickTime's has a component type and a counted name."""
    return full_box(b"hdlr", component, kind, bytes(12), name)


def visual_entry(kind: bytes = b"avc1", width: int = 1920, height: int = 1080, compressor: bytes = b"") -> bytes:
    """A visual sample entry (§12.1.3)."""
    counted = bytes([len(compressor)]) + compressor.ljust(31, b"\0")
    fields = struct.pack(">6xH16xHHIIIH", 1, width, height, 72 << 16, 72 << 16, 0, 1)
    return box(kind, fields, counted, struct.pack(">Hh", 24, -1))


def stsd(*entries: bytes) -> bytes:
    """The sample description (§8.5.2)."""
    return full_box(b"stsd", struct.pack(">I", len(entries)), *entries)


def stts(*runs: tuple[int, int]) -> bytes:
    """Decoding times: (count, delta) runs (§8.6.1.2)."""
    return full_box(b"stts", struct.pack(">I", len(runs)), *(struct.pack(">II", *run) for run in runs))


def stsz(sizes: Iterable[int]) -> bytes:
    """Sample sizes (§8.7.3.2)."""
    listed = list(sizes)
    return full_box(b"stsz", struct.pack(f">II{len(listed)}I", 0, len(listed), *listed))


def elst(*edits: tuple[int, int]) -> bytes:
    """An edit list in its box: (duration, media time) (§8.6.6)."""
    rows = (struct.pack(">IiI", duration, media_time, 1 << 16) for duration, media_time in edits)
    return box(b"edts", full_box(b"elst", struct.pack(">I", len(edits)), *rows))


def video_track(
    *extra: bytes, created: int = 0, rotation_deg: int = 0, name: bytes = b"VideoHandle\0", samples: int = 300
) -> bytes:
    """A track of pictures whose tables have no chunks; `extra` boxes follow its header."""
    tables = box(b"stbl", stsd(visual_entry()), stts((samples, 1000)), stsz([100] * samples))
    media = box(b"mdia", mdhd(created), hdlr(name=name), box(b"minf", tables))
    return box(b"trak", tkhd(created, rotation_deg=rotation_deg), *extra, media)


def movie_file(*parts: bytes, created: int = 0, brand: bytes = b"isom", video: bytes | None = None) -> bytes:
    """A file with a movie header, one track of pictures (or `video`), and further boxes in `moov`; media data after it."""
    track = video_track(created=created) if video is None else video
    return ftyp(brand) + box(b"moov", mvhd(created), track, *parts) + box(b"mdat", bytes(64))


def international_text(kind: bytes, *texts: str, language: int = ENGLISH) -> bytes:
    """A ©-atom of QuickTime user data; a text for each entry."""
    encoded = [text.encode() for text in texts]
    return box(kind, *(struct.pack(">HH", len(text), language) + text for text in encoded))


def xyz_atom(text: str) -> bytes:
    """The location atom of QuickTime user data."""
    return international_text(b"\xa9xyz", text)


def text_3gpp(kind: bytes, text: str, *, utf16: bool = False) -> bytes:
    """A text of 3GPP user data (TS 26.244 §8)."""
    raw = b"\xfe\xff" + text.encode("utf-16-be") + b"\0\0" if utf16 else text.encode() + b"\0"
    return full_box(kind, struct.pack(">H", ENGLISH), raw)


def loci_box(
    lat_deg: float,
    lon_deg: float,
    alt_m: float = 0.0,
    *,
    name: str = "",
    role: int = 0,
    body: str = "earth",
    notes: str = "",
    utf16: bool = False,
) -> bytes:
    """The location box of 3GPP user data (TS 26.244 §8.13)."""
    label = b"\xfe\xff" + name.encode("utf-16-be") + b"\0\0" if utf16 else name.encode() + b"\0"
    fixed = struct.pack(">Biii", role, *(round(value * 65536) for value in (lon_deg, lat_deg, alt_m)))
    return full_box(b"loci", struct.pack(">H", ENGLISH), label, fixed, body.encode() + b"\0", notes.encode() + b"\0")


def data_box(value: Value, kind: int | None = None) -> bytes:
    """A value atom (QTFF); the type follows from the value unless it is given."""
    if isinstance(value, str):
        kind, raw = UTF8 if kind is None else kind, value.encode("utf-16-be" if kind == UTF16 else "utf-8")
    elif isinstance(value, int):
        kind, raw = SIGNED if kind is None else kind, struct.pack(">i", value)
    elif isinstance(value, float):
        wide = kind == FLOAT64
        kind, raw = FLOAT32 if kind is None else kind, struct.pack(">d" if wide else ">f", value)
    else:
        kind, raw = 0 if kind is None else kind, value
    return box(b"data", struct.pack(">II", kind, 0), raw)


def mdta_meta(keys: Mapping[str, Value | bytes], *, iso: bool = False) -> bytes:
    """A `meta` box with keys and values; QuickTime's plain one, or ISO's with version and flags. Bytes are ready data boxes."""
    names = b"".join(struct.pack(">I4s", 8 + len(key.encode()), b"mdta") + key.encode() for key in keys)
    table = full_box(b"keys", struct.pack(">I", len(keys)), names)
    values = (value if isinstance(value, bytes) else data_box(value) for value in keys.values())
    items = box(b"ilst", *(box(struct.pack(">I", place), value) for place, value in enumerate(values, start=1)))
    return box(b"meta", bytes(4) if iso else b"", hdlr(b"mdta", b""), table, items)


def ilst_meta(items: Mapping[bytes, Value], *free: tuple[str, str]) -> bytes:
    """iTunes' `meta` box; `free` gives free-form items by name."""
    known = [box(kind, data_box(value)) for kind, value in items.items()]
    for name, value in free:
        mean = full_box(b"mean", b"com.apple.iTunes")
        known.append(box(b"----", mean, full_box(b"name", name.encode()), data_box(value)))
    return full_box(b"meta", hdlr(b"mdir", b"", b"\0\0\0\0"), box(b"ilst", *known))


@dataclass(frozen=True)
class _Span:
    kind: bytes
    start: int
    payload: int
    end: int


def _spans(data: bytes, start: int, end: int) -> Iterable[_Span]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < head:
            return
        yield _Span(kind, start, start + head, start + size)
        start += size


def with_metadata(
    movie: bytes,
    *,
    xyz: str | None = None,
    loci: tuple[float, float] | None = None,
    keys: Mapping[str, Value] | None = None,
    ilst: Mapping[bytes, Value] | None = None,
    creation_utc: dt.datetime | None = None,
    rotation_deg: int | None = None,
    keep_user_data: bool = False,
) -> bytes:
    """Return an MP4 or MOV file with its movie's metadata replaced, and the chunk offsets moved to where the chunks are then.

    The file's own user data (the muxer's name) goes unless `keep_user_data`. Fragments are not known here.
    """
    top = list(_spans(movie, 0, len(movie)))
    moov = next(span for span in top if span.kind == b"moov")
    kept: list[bytes] = []
    for part in _spans(movie, moov.payload, moov.end):
        if part.kind in (b"udta", b"meta"):
            if keep_user_data:
                kept.append(movie[part.start : part.end])
        else:
            kept.append(_restamp(movie[part.start : part.end], creation_utc, rotation_deg))
    user_data = [xyz_atom(xyz)] if xyz is not None else []
    if loci is not None:
        user_data.append(loci_box(*loci))
    if ilst:
        user_data.append(ilst_meta(ilst))
    if user_data:
        kept.append(box(b"udta", *user_data))
    if keys:
        kept.append(mdta_meta(keys))
    grown = box(b"moov", *kept)
    shift = len(grown) - (moov.end - moov.start)
    if any(span.kind == b"mdat" and span.start > moov.start for span in top):
        grown = _shift_chunks(grown, shift, moov.start)
    return movie[: moov.start] + grown + movie[moov.end :]


def movie_first(movie: bytes) -> bytes:
    """The same file with its movie box before the media data, as it is put on the web."""
    top = list(_spans(movie, 0, len(movie)))
    moov = next(span for span in top if span.kind == b"moov")
    head = top[0].end
    moved = _shift_chunks(movie[moov.start : moov.end], moov.end - moov.start, head)
    return movie[:head] + moved + movie[head : moov.start] + movie[moov.end :]


def _restamp(data: bytes, creation_utc: dt.datetime | None, rotation_deg: int | None) -> bytes:
    """The same box with the creation times and the rotation of its headers set."""
    out = bytearray(data)
    for span in _walk(data):
        wide = data[span.payload] == 1
        if creation_utc is not None and span.kind in (b"mvhd", b"tkhd", b"mdhd"):
            stamp = seconds_1904(creation_utc).to_bytes(8 if wide else 4)
            out[span.payload + 4 : span.payload + 4 + 2 * len(stamp)] = stamp * 2
        if rotation_deg is not None and span.kind == b"tkhd":
            at = span.payload + (52 if wide else 40)
            out[at : at + 36] = matrix(rotation_deg)
    return bytes(out)


def _shift_chunks(data: bytes, shift: int, moved_from: int) -> bytes:
    """The same boxes with the chunk offsets behind `moved_from` moved (§8.7.5)."""
    out = bytearray(data)
    for span in _walk(data):
        code = {b"stco": ">I", b"co64": ">Q"}.get(span.kind)
        if code is None:
            continue
        width = struct.calcsize(code)
        for at in range(span.payload + 8, span.end, width):
            offset = struct.unpack_from(code, data, at)[0]
            struct.pack_into(code, out, at, offset + shift if offset > moved_from else offset)
    return bytes(out)


def _walk(data: bytes, start: int = 0, end: int | None = None) -> Iterable[_Span]:
    for span in _spans(data, start, len(data) if end is None else end):
        yield span
        if span.kind in _CONTAINERS:
            yield from _walk(data, span.payload, span.end)
