"""A register file's features as records with their shapes; what cannot be read becomes a remark and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct
from shapely.geometry.base import BaseGeometry

from geoverify.register.document import Document, FeatureRecord, GeometryRecord, SiteRecord
from geoverify.register.geometry import parse_geometries
from geoverify.register.remarks import Remark, make_error

BATCH_RECORDS = 4096


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """One readable feature, counted from 1; `label` names it to people, and a shape that cannot be parsed is `None`."""

    number: int
    label: str
    site: SiteRecord
    source_geometry: GeometryRecord | None
    footprint: BaseGeometry | None
    parts: tuple[BaseGeometry | None, ...]


def parse_records(document: Document) -> Iterator[tuple[list[Record], list[Remark]]]:
    """Yield batches of readable features in the order of the file, with an error for each of the others.

    A caller that keeps no batch holds a large register in memory once, not three times.
    """
    decoder = msgspec.json.Decoder(FeatureRecord)
    features = document.file.features
    for start in range(0, len(features), BATCH_RECORDS):
        decoded = [
            (number, _decode(decoder, raw)) for number, raw in enumerate(features[start : start + BATCH_RECORDS], start + 1)
        ]
        readable = [(number, feature) for number, feature in decoded if isinstance(feature, FeatureRecord)]
        remarks = [_describe_unreadable(number, reason) for number, reason in decoded if isinstance(reason, str)]
        yield _add_shapes(readable), remarks


def _add_shapes(features: Sequence[tuple[int, FeatureRecord]]) -> list[Record]:
    footprints = parse_geometries([feature.geometry for _, feature in features])
    shapes = parse_geometries([part.geometry for _, feature in features for part in feature.properties.parts])
    rest: Iterator[BaseGeometry | None] = iter(shapes)
    return [
        Record(
            number=number,
            label=_label(number, feature.properties.code),
            site=feature.properties,
            source_geometry=feature.geometry,
            footprint=footprint,
            parts=tuple(next(rest) for _ in feature.properties.parts) if feature.properties.parts else (),
        )
        for (number, feature), footprint in zip(features, footprints, strict=True)
    ]


def _label(number: int, code: str) -> str:
    return f"record {number} ({code})" if code else f"record {number}"


def _decode(decoder: msgspec.json.Decoder[FeatureRecord], raw: Raw) -> FeatureRecord | str:
    try:
        feature = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return str(error).replace("$.properties.", "").replace("$", "the feature")
    except RecursionError:
        return "nested deeper than any record"
    return feature if feature.type == "Feature" else f"its type is {feature.type!r}, not 'Feature'"


def _describe_unreadable(number: int, reason: str) -> Remark:
    fix = "give the member the type that docs/register.md states"
    return make_error("unreadable-record", f"record {number}", f"cannot be read: {reason}", fix)
