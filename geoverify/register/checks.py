"""Everything that is said of a register file before it is used; a register that loads has no errors here, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from geoverify.register.document import (
    Document,
    FileRecord,
    InterventionRecord,
    NameRecord,
    PartRecord,
    SiteRecord,
    SourceRecord,
    StatusRecord,
)
from geoverify.register.geometry import parse_geometry
from geoverify.register.neighbours import find_neighbours
from geoverify.register.records import Record, parse_records
from geoverify.register.remarks import Level, Remark, make_warning
from geoverify.register.shape_checks import advise_shapes, check_region, check_shapes
from geoverify.register.word_checks import advise_words, check_duplicate, check_file, check_words

# GIS programs and editors write these beside a FeatureCollection's features; they say nothing about the register.
_FOREIGN_MEMBERS = frozenset({"name", "bbox", "crs", "xy_coordinate_resolution", "$schema"})
_ENTRY_TYPES: dict[str, type[Struct]] = {
    "names": NameRecord,
    "status_history": StatusRecord,
    "parts": PartRecord,
    "interventions": InterventionRecord,
    "sources": SourceRecord,
}


def check_document(document: Document) -> list[Remark]:
    """Return every error, then every warning, then all information, each in the order of the file."""
    search = ErrorSearch(document)
    records: list[Record] = []
    remarks = search.file_remarks
    for batch, unreadable in parse_records(document):
        records += batch
        remarks += [*unreadable, *search.find(batch)]
    remarks += _find_unknown_members(document, records)
    remarks += advise_words(records)
    # Of a shape that is broken or not on Earth nothing can be measured.
    faulty = {remark.record for remark in remarks if remark.level is Level.ERROR}
    sound = [record for record in records if record.label not in faulty]
    remarks += advise_shapes(sound)
    remarks += find_neighbours(sound)
    levels = list(Level)
    return sorted(remarks, key=lambda remark: levels.index(remark.level))


class ErrorSearch:
    """Looks for what forbids the use of a register, batch by batch in the order of the file."""

    def __init__(self, document: Document) -> None:
        region = parse_geometry(document.file.region)
        region_errors = list(check_region(document.file.region, region))
        self.region = None if region_errors else region
        self.file_remarks = [*check_file(document.file), *region_errors]
        self._first_labels: dict[str, str] = {}

    def find(self, records: Sequence[Record]) -> Iterator[Remark]:
        """Yield the errors of one batch; codes are compared with those of all batches before."""
        for record in records:
            yield from check_words(record)
            yield from check_duplicate(record, self._first_labels)
        yield from check_shapes(records, self.region)


def _find_unknown_members(document: Document, readable: Sequence[Record]) -> Iterator[Remark]:
    for name in sorted(set(document.member_names) - set(FileRecord.__struct_encode_fields__) - _FOREIGN_MEMBERS):
        yield make_warning("unknown-member", "file", f"the member {name!r} is not read", "correct its spelling, or remove it")
    labels = {record.number: record.label for record in readable}
    for number, raw in enumerate(document.file.features, 1):
        if number not in labels:
            continue
        try:
            properties = msgspec.json.decode(raw, type=_Members).properties
        except msgspec.MsgspecError:
            # A number that no computer holds, in a member that is not read or in a part's shape, which is checked for itself.
            continue
        for name in _list_unknown_names(properties):
            fix = "correct its spelling, or put it under attributes"
            yield make_warning("unknown-member", labels[number], f"the member {name!r} is not read", fix)


class _Members(msgspec.Struct):
    properties: dict[str, Any] = {}


def _list_unknown_names(properties: dict[str, Any]) -> list[str]:
    unknown = set(properties) - set(SiteRecord.__struct_encode_fields__)
    for member, entry_type in _ENTRY_TYPES.items():
        names = {name for entry in properties.get(member, ()) for name in entry}
        unknown |= {f"{member}.{name}" for name in names - set(entry_type.__struct_encode_fields__)}
    return sorted(unknown)
