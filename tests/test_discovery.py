"""Candidate sites: strongly located footage outside every footprint, clustered."""

import datetime as dt
import json
from pathlib import Path

import pytest
from builders.cases import fill
from builders.jpeg import insert_exif_jpeg
from builders.overlays import Picture, compress, scene
from builders.reports import EXAMINED_AT
from builders.scenes import SETTINGS, captured, fix, register, seen, site
from builders.tiff import build_exif, gps_tags
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.discovery import LeftOut, discover, draft_register
from geoverify.model import Camera, Digest, Findings, MediaFile, MediaKind, Post, Who
from geoverify.opencv import load_cv2
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
    found = discover([*inside, *by_others, *coarse, *torn, report(99, fix(0, 6000)), report(98)])
    assert (found.clusters, found.alone_count) == ((), 1)
    assert found.left_out == {
        LeftOut.NOT_BY_A_DEVICE: 3,
        LeftOut.POSITIONS_DISAGREE: 3,
        LeftOut.LISTED_SITE: 3,
        LeftOut.ERROR_TOO_WIDE: 3,
    }


def test_every_located_file_is_a_sighting_or_left_out_for_a_reason():
    reports = [report(n, fix(2000 + n, 0, error)) for n, error in enumerate((5.0, 14.0, 5.0, 14.0, 15.0))]
    reports.append(report(9, fix(85, 0, 8.0)))
    (fine,) = (narrow := discover(reports, radius_m=10)).clusters
    assert (len(fine.sightings), narrow.left_out) == (2, {LeftOut.ERROR_TOO_WIDE: 3, LeftOut.MAY_BE_LISTED: 1})
    (all_five,) = (wide := discover(reports, radius_m=15)).clusters
    assert (len(all_five.sightings), wide.left_out) == (5, {LeftOut.MAY_BE_LISTED: 1})


def test_copies_are_one_witness():
    same = [report(n, fix(2000, 0), captured(DAY)) for n in range(5)]
    again = [report(7, fix(2001, 0)), report(7, fix(2001, 0))]
    assert discover(same).clusters == ()
    (cluster,) = discover([*same, *again]).clusters
    assert [len(item.copies) for item in cluster.sightings] == [4, 1]


def test_doubles_and_the_files_of_one_post_are_one_witness_as_in_summaries():
    at = [report(n, fix(2000 + 9 * n, 0), captured(DAY + n * dt.timedelta(1))) for n in range(3)]
    doubles = [[f"{n:064x}" for n in (0, 2)]]
    assert discover(at).clusters[0].independent_count == 3
    (cluster,) = discover(at, doubles=doubles).clusters
    assert (cluster.independent_count, [item.copies for item in cluster.sightings]) == (2, [("clip2.jpg",), ()])
    alone = discover(at, min_files=3, doubles=doubles)
    assert (alone.clusters, alone.alone_count) == ((), 2)

    def posted(number, *observations):
        post = seen(Post(platform="youtube", post_id="a1"), Who.PLATFORM, "id", "sidecars.ytdlp")
        return report(number, *observations, post)

    album = [posted(n, fix(2000 + 9 * n, 0), captured(DAY + n * dt.timedelta(1))) for n in range(3)]
    assert discover(album, min_files=1).clusters[0].independent_count == 1
    # A copy without a fix of its own hangs on the same post.
    bare = [posted(0, fix(2000, 0)), posted(1), report(2, fix(2020, 0), captured(DAY))]
    assert discover(bare).clusters[0].independent_count == 2
    assert discover(bare, doubles=[[f"{n:064x}" for n in (1, 2)]]).clusters == ()


def test_one_witness_at_several_places_makes_no_cluster_by_itself():
    street = [report(n, fix(2000 + 100 * n, 0), captured(DAY + n * dt.timedelta(1))) for n in range(4)]
    same = [[f"{n:064x}" for n in range(4)]]
    found = discover(street, radius_m=90, min_files=1, doubles=same)
    assert [cluster.independent_count for cluster in found.clusters] == [1, 1, 1, 1]
    found = discover(street, radius_m=150, doubles=same)
    assert (found.clusters, found.alone_count) == ((), 1)


def test_the_draft_counts_and_names_the_copies():
    at = [report(n, fix(2000 + 9 * n, 0), captured(DAY + n * dt.timedelta(1))) for n in range(3)]
    found = discover(at, doubles=[[f"{n:064x}" for n in (0, 1)]])
    (feature,) = draft_register(found, dt.date(2026, 1, 20))["features"]
    assert feature["properties"]["status_history"][0]["source"].startswith("2 independent pieces of footage")
    assert "clip1.jpg" in feature["properties"]["sources"][0]["citation"]
    assert len(feature["properties"]["sources"]) == 2


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
    assert "3 independent pieces of footage" in result.stdout and "somebody's home" in result.stderr
    assert draft.stat().st_mode & 0o077 == 0
    checked = run(app, ["sites", "check", str(draft)])
    assert checked.exit_code == 0 and "1 site, 0 errors" in checked.stdout
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["discovery"]["clusters"][0]["code"] == "NEW01"
    assert run(app, ["discover", str(case), "-o", str(draft)]).exit_code != 0
    narrow = run(app, ["discover", str(case), "--radius-m", "2", "--json", str(tmp_path / "narrow.json")])
    assert "left out, though located: 3 files\n  3 with an error of more than 2 m" in narrow.stdout
    assert json.loads((tmp_path / "narrow.json").read_text("utf-8"))["discovery"]["left_out"] == {"error_too_wide": 3}


def write_photo(path: Path, picture: Picture, east_deg: float) -> None:
    cv2 = load_cv2()
    data = bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1])
    path.write_bytes(insert_exif_jpeg(data, build_exif(gps=gps_tags(9.6, 101.9 + east_deg, error_m=5.0))))


def test_recompressed_and_mirrored_copies_in_a_case_are_one_piece_of_footage(tmp_path):
    folder, case = tmp_path / "footage", tmp_path / "my.gvcase"
    folder.mkdir()
    picture = scene(11, (360, 640))
    write_photo(folder / "a.jpg", picture, 0.0)
    write_photo(folder / "b.jpg", compress(picture, 50), 1e-5)
    write_photo(folder / "c.jpg", compress(picture[:, ::-1].copy(), 60), 2e-5)
    other = tmp_path / "other.geojson"
    other.write_text(json.dumps({**draft_register(discover(()), dt.date(2026, 1, 1)), "features": [FAR]}))
    run = CliRunner().invoke
    assert run(app, ["match", str(folder), "--case", str(case), "--sites", str(other), "--jobs", "1"]).exit_code == 0
    told = run(app, ["discover", str(case)])
    assert told.stdout.startswith("0 candidates") and "1 more piece of footage" in told.stdout
    told = run(app, ["discover", str(case), "--min-files", "1"])
    assert "1 independent piece of footage" in told.stdout and "and 2 more files of the same footage or post" in told.stdout
    told = run(app, ["discover", str(case), "--copies", "exact"])
    assert "3 independent pieces of footage" in told.stdout and "by their bytes alone" in told.stdout
    write_photo(folder / "d.jpg", scene(12, (360, 640)), 3e-5)
    assert run(app, ["match", str(folder), "--case", str(case), "--sites", str(other), "--jobs", "1"]).exit_code == 0
    found = json.loads(run(app, ["discover", str(case), "--json", "-"]).stdout)["discovery"]
    assert found["compares_pictures"] is True
    assert [cluster["independent_count"] for cluster in found["clusters"]] == [2]


FAR = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [104.0, 11.0]},
    "properties": {"code": "FAR", "footprint_kind": "point", "boundary_error_m": 300, "sources": [{"citation": "a test"}]},
}
