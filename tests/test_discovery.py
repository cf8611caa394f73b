"""Candidate sites: strongly located footage outside every footprint, clustered."""

import datetime as dt
import json

import pytest
from builders.cases import fill
from builders.reports import EXAMINED_AT
from builders.scenes import SETTINGS, captured, fix, register, seen, site
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.discovery import discover, draft_register
from geoverify.model import Camera, Digest, Findings, MediaFile, MediaKind, Who
from geoverify.register.checks import check_document
from geoverify.register.document import parse_document
from geoverify.register.remarks import Level
from geoverify.register.writing import format_register
from geoverify.verify import Reading, make_kit, verify_reading

KIT = make_kit(register(site("A")), SETTINGS)
WORLD = make_kit(register(site("A")).__class__(infos=register(site("A")).infos, sites=(site("A"),), region=None), SETTINGS)
DAY = dt.datetime(2026, 1, 17, 9, 0)


def report(number, *observations, kit=KIT):
    digest = Digest(algorithm="sha256", hex=f"{number:064x}")
    path = f"clip{number}.jpg"
    media = MediaFile(path=path, kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=1, digest=digest)
    return verify_reading(Reading(media=media, content=Findings(observations=observations)), kit, EXAMINED_AT)


def test_footage_that_lies_together_outside_every_footprint_is_a_candidate():
    found = discover(report(n, fix(2000 + 30 * n, 0), captured(DAY + n * dt.timedelta(days=1))) for n in range(4))
    (cluster,) = found.clusters
    assert [item.path for item in cluster.sightings] == [f"clip{n}.jpg" for n in range(4)]
    assert cluster.spread_m == pytest.approx(45, abs=1)
    assert cluster.boundary_error_m == 60
    assert (cluster.nearest_code, len(cluster.days)) == ("A", 4)
    assert cluster.nearest_m == pytest.approx(2000 - 75, abs=2)


def test_footage_of_a_listed_site_weak_positions_and_single_files_are_none():
    inside = [report(n, fix(10 * n, 0)) for n in range(3)]
    by_others = [report(n, fix(2000 + n, 0, who=Who.UPLOADER)) for n in range(3, 6)]
    coarse = [report(n, fix(3000 + n, 0, 800.0)) for n in range(6, 9)]
    torn = [report(n, fix(4000 + n, 0), fix(9000, 0, who=Who.PLATFORM)) for n in range(9, 12)]
    found = discover([*inside, *by_others, *coarse, *torn, report(99, fix(0, 6000))])
    assert (found.clusters, found.alone_count) == ((), 1)


def test_copies_are_one_witness():
    same = [report(n, fix(2000, 0), captured(DAY)) for n in range(5)]
    again = [report(7, fix(2001, 0)), report(7, fix(2001, 0))]
    assert discover(same).clusters == ()
    (cluster,) = discover([*same, *again]).clusters
    assert [len(item.copies) for item in cluster.sightings] == [4, 1]


def test_the_radius_parts_what_lies_apart():
    reports = [report(n, fix(2000 + 200 * n, 0)) for n in range(4)]
    assert discover(reports, radius_m=150).clusters == ()
    assert len(discover(reports, radius_m=210).clusters) == 1


@pytest.mark.parametrize("at", [(-17.0, 180.0), (89.9999, 0.0), (-90.0, 0.0)], ids=["antimeridian", "north", "south"])
def test_clusters_hold_together_at_the_antimeridian_and_the_poles(at):
    reports = [
        report(n, fix(east, north, at=at), kit=WORLD) for n, (east, north) in enumerate([(-40, 10), (40, -10), (5, 35), (0, -30)])
    ]
    (cluster,) = discover(reports).clusters
    assert len(cluster.sightings) == 4
    assert cluster.spread_m < 45
    assert abs(cluster.lat_deg - at[0]) < 0.0003


def test_cautions_name_what_makes_it_somebodys_home_or_one_event():
    phone = seen(Camera(make="Example", model="One"), field="Make")
    one = discover(report(n, fix(150 + 20 * n, 0), phone, captured(DAY)) for n in range(3))
    words = " ".join(one.clusters[0].cautions)
    assert "where that person lives" in words and "one event" in words and "from A: it may be that site" in words
    two = [report(n, fix(2000 + 5 * n, 0), seen(Camera(model=f"M{n}")), captured(DAY + n * dt.timedelta(1))) for n in range(3)]
    assert discover(two).clusters[0].cautions == ()


def test_the_draft_passes_the_checks_of_a_register():
    found = discover(report(n, fix(2000 + 30 * n, 0)) for n in range(3))
    document = parse_document(format_register(draft_register(found, dt.date(2026, 1, 20))), "draft")
    remarks = check_document(document)
    assert [remark for remark in remarks if remark.level is Level.ERROR] == []
    assert {remark.code for remark in remarks} <= {"file-member-missing"}


def test_the_command_warns_and_writes_a_private_draft(tmp_path):
    folder, case, draft = tmp_path / "footage", tmp_path / "my.gvcase", tmp_path / "draft.geojson"
    fill(folder, 3)
    run = CliRunner().invoke
    other = tmp_path / "other.geojson"
    other.write_text(json.dumps({**draft_register(discover(()), dt.date(2026, 1, 1)), "features": [FAR]}))
    assert run(app, ["match", str(folder), "--case", str(case), "--sites", str(other), "--jobs", "1"]).exit_code == 0
    result = run(app, ["discover", str(case), "-o", str(draft), "--json", str(tmp_path / "found.json")])
    assert result.exit_code == 0, result.output
    assert "3 independent files" in result.stdout and "somebody's home" in result.stderr
    assert draft.stat().st_mode & 0o077 == 0
    checked = run(app, ["sites", "check", str(draft)])
    assert checked.exit_code == 0 and "1 site, 0 errors" in checked.stdout
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["discovery"]["clusters"][0]["code"] == "NEW01"
    assert run(app, ["discover", str(case), "-o", str(draft)]).exit_code != 0


FAR = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [104.0, 11.0]},
    "properties": {"code": "FAR", "footprint_kind": "point", "boundary_error_m": 300, "sources": [{"citation": "a test"}]},
}
