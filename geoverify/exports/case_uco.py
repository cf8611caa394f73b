"""CASE/UCO 1.4 as JSON-LD: files, what the tool said of them, where they are located, and what people decided."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import msgspec

from geoverify import geo
from geoverify.exports._rows import shown_cells
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.places import RegisterInfo
from geoverify.report import CAVEAT
from geoverify.results import Judgement, Report
from geoverify.text import escape_controls, escape_json

_UCO = "https://ontology.unifiedcyberontology.org/uco/"
_CONTEXT = {
    "kb": "urn:geoverify:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{f"uco-{part}": f"{_UCO}{part}/" for part in ("action", "analysis", "core", "location", "observable", "tool", "types")},
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_HASH_NAMES = {"sha256": "SHA256"}


class CaseUcoExporter:
    """A graph of nodes as they come; every node of a file is found from its action."""

    name = "case-uco"
    suffixes = (".jsonld",)
    is_text = True
    omits = frozenset(
        {
            *("sidecars", "origin", "candidates", "scores", "elsewhere_probability", "observations", "absences", "problems"),
            *("next_steps", "register_notes", "references", "settings", "settings_digest", "schema_version", "versions"),
            *("sharing", "evidence"),
        }
    )

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write what comes before the first node."""
        return _CaseUcoSink(out)


EXPORTER = CaseUcoExporter()


class _CaseUcoSink:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._separator = b""
        self._count = 0
        # Registers and tools that have a node already: a handful in any case.
        self._known: set[str] = set()
        out.write(msgspec.json.encode({"@context": _CONTEXT})[:-1] + b',"@graph":[')

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        tool = self._tell_once("tool", report.versions.geoverify, _describe_tool(report.versions.geoverify))
        registers = [self._tell_once("register", info.digest.hex, _describe_register(info)) for info in report.registers]
        self._count += 1
        cells = shown_cells(report)
        key = f"{self._count} {report.media.path} {cells['sha256']}"
        names = {part: _name(part, key) for part in ("file", "location", "result", "action")}
        self._write(names["file"], _describe_file(report))
        results = [names["result"]]
        if report.location is not None:
            self._write(names["location"], _describe_location(report))
            results.append(names["location"])
        told = {
            name: cells[name]
            for name in ("verdict", "site", "score", "wording", "evidence", "problems", "shared_from", "withheld")
        }
        lines = [f"{name}: {cell}" for name, cell in told.items() if cell not in (None, "")]
        self._write(
            names["result"],
            {"@type": "uco-analysis:AnalyticResult", "uco-core:description": ["\n".join(lines), CAVEAT]},
        )
        moment = {"@type": "xsd:dateTime", "@value": report.created_at.isoformat()}
        self._write(
            names["action"],
            {
                "@type": "case-investigation:InvestigativeAction",
                "uco-core:name": "geoverify match",
                "uco-action:startTime": moment,
                "uco-action:instrument": {"@id": tool},
                "uco-action:object": [{"@id": name} for name in (names["file"], *registers)],
                "uco-action:result": [{"@id": name} for name in results],
            },
        )
        for number, judgement in enumerate(judgements):
            self._write(_name("annotation", f"{key} {number}"), _describe_judgement(judgement, names["file"]))

    def finish(self) -> None:
        self._out.write(b"\n]}\n")

    def close(self) -> None:
        """It holds nothing."""

    def _tell_once(self, part: str, key: str, members: Mapping[str, Any]) -> str:
        name = _name(part, key)
        if name not in self._known:
            self._known.add(name)
            self._write(name, members)
        return name

    def _write(self, name: str, members: Mapping[str, Any]) -> None:
        self._out.write(self._separator + b"\n" + escape_json(msgspec.json.encode({"@id": name, **members})))
        self._separator = b","


def _name(part: str, key: str) -> str:
    return f"kb:{part}-{uuid.uuid5(uuid.NAMESPACE_OID, f'geoverify {part} {key}')}"


def _facet(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    return {"@type": name, **members}


def _describe_tool(version: str) -> dict[str, Any]:
    return {"@type": "uco-tool:AnalyticTool", "uco-core:name": "geoverify", "uco-tool:version": version}


def _describe_register(info: RegisterInfo) -> dict[str, Any]:
    return {
        "@type": "uco-observable:File",
        "uco-core:name": escape_controls(f"{info.title}, edition {info.edition}"),
        "uco-core:hasFacet": [
            _facet("uco-observable:ContentDataFacet", {"uco-observable:hash": [_describe_hash("sha256", info.digest.hex)]})
        ],
    }


def _describe_file(report: Report) -> dict[str, Any]:
    media = report.media
    shown = escape_controls(media.path)
    content: dict[str, Any] = {"uco-observable:sizeInBytes": media.size_bytes}
    if media.media_type:
        content["uco-observable:mimeType"] = media.media_type
    if media.digest is not None:
        content["uco-observable:hash"] = [_describe_hash(media.digest.algorithm, media.digest.hex)]
    name = {"uco-observable:fileName": shown.rpartition("/")[2], "uco-observable:filePath": shown}
    return {
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [_facet("uco-observable:FileFacet", name), _facet("uco-observable:ContentDataFacet", content)],
    }


def _describe_hash(algorithm: str, digest: str) -> dict[str, Any]:
    return {
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": _HASH_NAMES.get(algorithm, algorithm),
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": digest},
    }


def _describe_location(report: Report) -> dict[str, Any]:
    place = report.location
    assert place is not None
    coordinates = {
        "uco-location:latitude": {"@type": "xsd:decimal", "@value": f"{place.lat_deg:.7f}"},
        "uco-location:longitude": {"@type": "xsd:decimal", "@value": f"{geo.wrap_lon_deg(place.lon_deg):.7f}"},
    }
    told = f"± {place.error_radius_m:g} m (68 %, {place.error_basis}); precision: {place.precision.value}"
    return {
        "@type": "uco-location:Location",
        "uco-core:description": escape_controls(told),
        "uco-core:hasFacet": [_facet("uco-location:LatLongCoordinatesFacet", coordinates)],
    }


def _describe_judgement(judgement: Judgement, file: str) -> dict[str, Any]:
    about = f" (site {judgement.site_code})" if judgement.site_code else ""
    said = f"{judgement.call or 'no call'}: {judgement.words}{about}; by {judgement.by} at {judgement.at}"
    return {
        "@type": "uco-core:Annotation",
        "uco-core:name": "judgement of a person, apart from the tool's result",
        "uco-core:statement": escape_controls(said),
        "uco-core:object": [{"@id": file}],
    }
