import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import shapely
from builders.register import register, site

from geoverify.places import FootprintKind
from geoverify.register import document as form
from geoverify.register.checks import check_document
from geoverify.register.document import parse_document, read_document
from geoverify.register.geometry import distance_m
from geoverify.register.load import load_register, resolve_register
from geoverify.register.remarks import Level

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "reference_sites" / "register.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SHIPPED = ("cambodia-2025", "demo")

# code, town, 2025 position and status, and the later transcription where it differs.
CAMBODIA = {
    "BA01": ("Bavet", 11.0780, 106.1698, "suspected", (11.0793, 106.1689, "confirmed")),
    "KA02": ("Kampot", 10.4404, 104.4424, "confirmed", None),
    "SI03": ("Sihanoukville", 10.5732, 103.5579, "suspected", (10.5733, 103.5578, "confirmed")),
    "SI08": ("Sihanoukville", 10.6089, 103.5326, "confirmed", None),
    "SI15": ("Sihanoukville", 10.6268, 103.5029, "confirmed", None),
    "SI37": ("Sihanoukville", 10.6030, 103.5325, "confirmed", None),
    "SI38": ("Sihanoukville", 10.6214, 103.5127, "suspected", (10.6214, 103.5126, "suspected")),
}


def test_the_schema_is_a_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_registers_fit_the_schema_and_have_no_faults(name: str) -> None:
    path = resolve_register(name)
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(path.read_text(encoding="utf-8")))] == []
    assert {remark.level for remark in check_document(read_document(path))} <= {Level.INFO}


def test_the_schema_and_the_types_name_the_same_members() -> None:
    pairs = {
        "site": form.SiteRecord,
        "name": form.NameRecord,
        "status": form.StatusRecord,
        "part": form.PartRecord,
        "intervention": form.InterventionRecord,
        "source": form.SourceRecord,
    }
    for name, record in pairs.items():
        assert set(SCHEMA["$defs"][name]["properties"]) == set(record.__struct_encode_fields__), name
    assert set(SCHEMA["properties"]) == set(form.FileRecord.__struct_encode_fields__)


def test_the_schema_and_the_checks_know_the_same_words() -> None:
    definitions = SCHEMA["$defs"]
    assert tuple(definitions["site"]["properties"]["footprint_kind"]["enum"]) == form.FOOTPRINT_KINDS
    assert tuple(definitions["site"]["properties"]["sensitivity"]["enum"]) == form.SENSITIVITIES
    assert tuple(definitions["status"]["properties"]["status"]["enum"]) == form.STATUSES
    assert tuple(definitions["name"]["properties"]["kind"]["enum"]) == form.NAME_KINDS
    assert tuple(definitions["part"]["properties"]["kind"]["enum"]) == form.PART_KINDS
    assert tuple(definitions["intervention"]["properties"]["kind"]["enum"]) == form.INTERVENTION_KINDS


def test_the_documentation_names_every_member_word_and_remark() -> None:
    named = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "register.md").read_text(encoding="utf-8")))
    members = set(SCHEMA["properties"]) | {
        member
        for definition in ("feature", "site", "name", "status", "part", "intervention", "source")
        for member in SCHEMA["$defs"][definition]["properties"]
    }
    words = {
        *form.STATUSES,
        *form.FOOTPRINT_KINDS,
        *form.NAME_KINDS,
        *form.PART_KINDS,
        *form.INTERVENTION_KINDS,
        *form.SENSITIVITIES,
    }
    assert (members | words) - named == set()
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "geoverify" / "register").glob("*.py"))
    remarks = set(re.findall(r'make_(?:error|warning|info)\(\s*"([a-z-]+)"', sources))
    assert len(remarks) > 25
    assert remarks - named == set()


def test_the_cambodian_facts_are_those_published() -> None:
    raw = json.loads(resolve_register("cambodia-2025").read_text(encoding="utf-8"))
    loaded = load_register(resolve_register("cambodia-2025"))
    assert [item.code for item in loaded.sites] == list(CAMBODIA)
    statement = "Amnesty International, ASA 23/9447/2025, Annex I, as transcribed by third parties; not checked against the annex"
    assert raw["source"] == statement
    for item in loaded.sites:
        town, lat_deg, lon_deg, status, later = CAMBODIA[item.code]
        assert (item.locality, item.names) == (town, ())
        assert (item.footprint.y, item.footprint.x) == (lat_deg, lon_deg)
        assert (item.footprint_kind, item.boundary_error_m) == (FootprintKind.POINT, 300.0)
        assert [(period.status, period.from_text) for period in item.status_history] == [
            (status, "2025"),
            *([(later[2], "2026")] if later else []),
        ]
        assert item.status_history[0].source == statement
        assert item.sources[0].citation == statement
        assert (f"{later[0]:.4f}, {later[1]:.4f}" in item.notes) if later else ("later" not in item.notes)
        assert item.time_zone == "Asia/Phnom_Penh"
    assert loaded.region is not None
    # Cambodia's extreme points: Laos, Viet Nam and Thailand meet it in the north, Koh Poulo Wai lies in the south.
    for lat_deg, lon_deg in ((14.69, 107.5), (9.91, 102.9), (13.6, 102.33), (12.6, 107.63)):
        assert shapely.covers(loaded.region, shapely.Point(lon_deg, lat_deg))


def test_the_demo_sites_are_what_they_are_for() -> None:
    sites = {item.code: item for item in load_register(resolve_register("demo")).sites}
    assert list(sites) == [f"DM0{number}" for number in range(1, 9)]
    assert all(item.fictional and "Fictional" in item.notes for item in sites.values())
    assert distance_m(sites["DM01"].footprint, sites["DM02"].footprint) == pytest.approx(60.0, abs=0.05)
    assert sites["DM05"].footprint.geom_type == "MultiPolygon"
    assert sum(len(polygon.interiors) for polygon in sites["DM05"].footprint.geoms) == 1
    assert [code for code, item in sites.items() if item.footprint_kind is FootprintKind.POINT] == ["DM08"]
    for item in sites.values():
        scripts = {name.script for name in item.names} | {name.lang for name in item.names}
        assert {"Latn", "Khmr", "Hans", "Thai", "vi"} <= scripts
        assert item.footprint_kind is FootprintKind.POINT or {"gate", "building"} & {part.kind for part in item.parts}
        # Open water: the box is over 100 km from any land.
        assert 9.4 < item.footprint.centroid.y < 9.75
        assert 101.7 < item.footprint.centroid.x < 102.1
    assert sites["DM03"].relocated_to == ("DM06",)
    assert {kind for item in sites.values() for kind in (i.kind for i in item.interventions)} == set(form.INTERVENTION_KINDS)
    # A candidate is a draft of geoverify discover; what a register ships is listed.
    assert {period.status for item in sites.values() for period in item.status_history} == {*form.STATUSES} - {"candidate"}


@pytest.mark.parametrize(
    "document",
    [
        register(site(footprint_kind="point")),
        register(site(boundary_error_m=None)),
        register(site(status_history=[{"status": "maybe"}])),
        register(site(geometry={"type": "Point", "coordinates": [105, 95]})),
        register(site(parts=[{"name": "Gate"}])),
        register(title=None),
        register(site(misspelt=1)),
        register({**site(), "geometry": None}),
    ],
)
def test_the_schema_refuses_what_the_checks_remark(document: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(document)
    assert check_document(parse_document(json.dumps(document).encode(), "r")) != []
