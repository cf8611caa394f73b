"""Movies with telemetry tracks, box by box (ISO/IEC 14496-12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from geoverify.errors import MalformedError
from geoverify.interfaces import Reader
from geoverify.media import MemorySource, sniff_type
from geoverify.model import Absent, Finding, MediaFile, Observation, Problem, Track

MOVIE_TIMESCALE = 600


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4) + kind + body


def large_box(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 64-bit size."""
    body = b"".join(parts)
    return (1).to_bytes(4) + kind + (16 + len(body)).to_bytes(8) + body


def full_box(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    """A box that begins with version and flags."""
    return box(kind, bytes((version, 0, 0, 0)), *parts)


def u32(*numbers: int) -> bytes:
    """Unsigned 32-bit numbers."""
    return b"".join(number.to_bytes(4) for number in numbers)


@dataclass
class TrackPlan:
    """A track to build: samples with their durations in its own timescale, and how many go into each chunk."""

    handler: bytes
    format: bytes
    samples: Sequence[bytes]
    durations: Sequence[int]
    timescale: int = 1000
    samples_per_chunk: int = 1
    edits: Sequence[tuple[int, int]] = ()
    wide_offsets: bool = False
    equal_sizes: bool = False
    compact_bits: int = 0
    description: bytes = b""
    chunks: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        step = self.samples_per_chunk
        self.chunks = [b"".join(self.samples[at : at + step]) for at in range(0, len(self.samples), step)]

    def build(self, offsets: Sequence[int]) -> bytes:
        """The `trak` box, for chunks at these offsets."""
        edits = [
            box(
                b"edts",
                full_box(
                    b"elst",
                    u32(len(self.edits)),
                    *(u32(length) + media_time.to_bytes(4, signed=True) + u32(0x10000) for length, media_time in self.edits),
                ),
            )
        ]
        media = box(
            b"mdia",
            full_box(b"mdhd", u32(0, 0, self.timescale, sum(self.durations)), bytes(4)),
            full_box(b"hdlr", bytes(4), self.handler, bytes(12), b"Telemetry\0"),
            box(b"minf", box(b"nmhd", bytes(4)), self._tables(offsets)),
        )
        return box(b"trak", full_box(b"tkhd", bytes(80)), *(edits if self.edits else ()), media)

    def _tables(self, offsets: Sequence[int]) -> bytes:
        entry = box(self.format, bytes(6), (1).to_bytes(2), self.description)
        count = len(self.samples)
        runs = [(1, self.samples_per_chunk)]
        rest = count % self.samples_per_chunk
        if rest:
            runs = [(1, self.samples_per_chunk), (len(self.chunks), rest)] if len(self.chunks) > 1 else [(1, rest)]
        return box(
            b"stbl",
            full_box(b"stsd", u32(1), entry),
            full_box(b"stts", u32(count), *(u32(1, duration) for duration in self.durations)),
            full_box(b"stsc", u32(len(runs)), *(u32(first, size, 1) for first, size in runs)),
            self._sizes(),
            full_box(b"co64", u32(len(offsets)), *(offset.to_bytes(8) for offset in offsets))
            if self.wide_offsets
            else full_box(b"stco", u32(len(offsets)), *(u32(offset) for offset in offsets)),
        )

    def _sizes(self) -> bytes:
        sizes = [len(sample) for sample in self.samples]
        if self.equal_sizes:
            return full_box(b"stsz", u32(sizes[0], len(sizes)))
        if self.compact_bits == 4:
            pairs = [*sizes, 0] if len(sizes) % 2 else sizes
            data = bytes(a << 4 | b for a, b in zip(pairs[::2], pairs[1::2], strict=True))
            return full_box(b"stz2", u32(4, len(sizes)), data)
        if self.compact_bits:
            return full_box(
                b"stz2", u32(self.compact_bits, len(sizes)), *(size.to_bytes(self.compact_bits // 8) for size in sizes)
            )
        return full_box(b"stsz", u32(0, len(sizes)), *(u32(size) for size in sizes))


def video_track() -> bytes:
    """A picture track, of which no telemetry reader looks at more than the handler."""
    media = box(
        b"mdia",
        full_box(b"mdhd", u32(0, 0, 30_000, 0), bytes(4)),
        full_box(b"hdlr", bytes(4), b"vide", bytes(12), b"Video\0"),
        box(b"minf", box(b"stbl", full_box(b"stsd", u32(0)))),
    )
    return box(b"trak", full_box(b"tkhd", bytes(80)), media)


def build_movie(
    *tracks: TrackPlan,
    user_data: Iterable[bytes] = (),
    movie_parts: Iterable[bytes] = (),
    before: bytes = b"",
    after: bytes = b"",
    media_data: bytes = b"",
    created_s: int = 0,
    brand: bytes = b"mp42",
) -> bytes:
    """A file: `ftyp`, `before`, `mdat` with `media_data` and the samples, `moov`, `after`."""
    head = box(b"ftyp", brand, bytes(4), brand) + before
    offset = len(head) + 8 + len(media_data)
    body = media_data
    built: list[bytes] = []
    for track in tracks:
        offsets = []
        for chunk in track.chunks:
            offsets.append(offset)
            offset += len(chunk)
            body += chunk
        built.append(track.build(offsets))
    header = full_box(b"mvhd", u32(created_s, created_s, MOVIE_TIMESCALE, 6000), bytes(80))
    texts = b"".join(user_data)
    moov = box(b"moov", header, video_track(), *built, *([box(b"udta", texts)] if texts else []), *movie_parts)
    return head + box(b"mdat", body) + moov + after


def read_bytes(reader: Reader, data: bytes) -> list[Finding]:
    """Run one reader over the bytes of a file; what it cannot read ends it with a problem, as in the reading line."""
    kind, media_type = sniff_type(data[:4096])
    media = MediaFile(path="clip", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    findings: list[Finding] = []
    try:
        for finding in reader.read(media, MemorySource(data)):
            findings.append(finding)  # noqa: PERF402 - what came before the damage is kept
    except MalformedError as error:
        findings.append(Problem(code="malformed", message=str(error), where=reader.name))
    return findings


def values_of(findings: Iterable[Finding], kind: type) -> list:
    """The values of one type among the observations."""
    return [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, kind)]


def observations_of(findings: Iterable[Finding], kind: type) -> list[Observation]:
    """The observations of values of one type."""
    return [item for item in findings if isinstance(item, Observation) and isinstance(item.value, kind)]


def points_of(findings: Iterable[Finding]) -> list[tuple[float, float, float]]:
    """Time, latitude and longitude of the points of the only track."""
    (track,) = values_of(findings, Track)
    return [(point.time_s, point.position.lat_deg, point.position.lon_deg) for point in track.points]


def absences_of(findings: Iterable[Finding]) -> list[Absent]:
    """The absences."""
    return [item for item in findings if isinstance(item, Absent)]


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """The problems."""
    return [item for item in findings if isinstance(item, Problem)]
