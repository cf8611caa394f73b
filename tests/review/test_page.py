"""The page's addresses: what they answer, and whom they refuse."""

import json
import re
from importlib import resources

import pytest

from geoverify.case.decisions import read_decisions
from geoverify.case.store import look_at_case
from geoverify.register.load import load_register
from geoverify.review.drafts import VIEWS
from geoverify.review.guard import make_token

HOST = "127.0.0.1:4711"
HOME = "/a-token-of-a-test/"
OWN = {"Host": HOST, "Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}


def get(page, path, **headers):
    return page.get(HOME + path, headers={"Host": HOST, **headers})


def post(page, path, body, **headers):
    return page.post(HOME + path, data=json.dumps(body), headers={**OWN, "Content-Type": "application/json", **headers})


def key_of_name(page, name):
    return next(file["key"] for file in get(page, "queue").json if file["name"] == name)


def test_the_page_and_all_that_it_names_come_from_itself(page):
    html = get(page, "").text
    names = re.findall(r'(?:src|href)="page/([^"]+)"', html)
    scripts = [item.name for item in (resources.files("geoverify.review") / "page").iterdir() if item.name.endswith(".js")]
    assert {"leaflet.js", "leaflet.css", "review.css", "review.js"} == set(names)
    for name in [*names, *scripts]:
        answer = get(page, f"page/{name}")
        assert answer.status_code == 200 and "'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/queue", "/another-token/queue", "/another-token/", "/another-token/page/review.js"])
def test_without_the_token_there_is_nothing(page, path):
    assert page.get(path, headers={"Host": HOST}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:4711", "0.0.0.0:4711", "127.0.0.1.evil.example"])
def test_another_host_name_that_points_here_gets_nothing(page, host):
    assert get(page, "queue", Host=host).status_code == 404


@pytest.mark.parametrize("path", ["", "queue", "page/review.js"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_can_ask_nothing(page, site, path):
    assert get(page, path, **{"Sec-Fetch-Site": site}).status_code == 403
    assert get(page, path, **{"Sec-Fetch-Site": "none"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:4712"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_another_page_can_change_nothing(page, desk, headers):
    answer = post(page, f"file/{key_of_name(page, 'IMG_3310.MOV')}/judgement", {"by": "RK", "call": "cannot_tell"}, **headers)
    assert answer.status_code == 403
    with look_at_case(desk.case_file) as case:
        assert list(read_decisions(case)) == []


@pytest.mark.parametrize("name", ["../guard.py", "..%2fguard.py", "guard.py", "nothing.js", "review.html%00.js"])
def test_the_folder_of_the_page_has_no_way_out(page, name):
    assert get(page, f"page/{name}").status_code == 404


def test_a_file_is_shown_with_its_report_and_its_frames(page):
    key = key_of_name(page, "IMG_3310.MOV")
    file = get(page, f"file/{key}?by=RK").json
    assert file["report"]["verdict"]["site_codes"] == ["DM03"] and file["path"].endswith("IMG_3310.MOV")
    frames = get(page, f"frames/{key}").json["frames"]
    assert get(page, f"frame/{key}/{len(frames) - 1}").mimetype == "image/jpeg"
    assert get(page, f"frame/{key}/{len(frames)}").status_code == 404
    assert get(page, "file/no-such-key").status_code == 409


@pytest.mark.parametrize("name", ["0" * 64 + ".jpg", "..%2fmy.gvcase", "my.gvcase", "0" * 64 + ".part"])
def test_only_evidence_pictures_that_are_as_they_were_are_shown(page, name):
    assert get(page, f"picture/{name}").status_code in (404, 409)


def test_a_judgement_comes_back_with_the_file(page):
    key = key_of_name(page, "IMG_3310.MOV")
    answer = post(page, f"file/{key}/judgement", {"by": "RK", "call": "consistent", "site": "DM03", "note": "<script>"})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    assert answer.json["decisions"][0]["judgement"] == "<script>"


@pytest.mark.parametrize("body", [{}, {"by": "RK"}, {"by": "RK", "call": "verified"}, {"by": 1, "call": "cannot_tell"}, [1], "x"])
def test_a_body_that_is_no_judgement_is_refused_in_words(page, body):
    answer = post(page, f"file/{key_of_name(page, 'IMG_3310.MOV')}/judgement", body)
    assert answer.status_code == 400 and answer.json["message"]


CORNERS = [[101.88, 9.53], [101.88, 9.531], [101.881, 9.531], [101.881, 9.53]]


def test_a_drawn_footprint_becomes_a_draft_and_the_register_stays(page, desk, folder):
    before = (folder / "demo.geojson").read_bytes()
    body = {"by": "RK", "site": "DM08", "corners": CORNERS, "boundary_error_m": 20.0, "note": "from the roof"}
    answer = post(page, "footprint", body)
    assert answer.status_code == 200, answer.text
    draft = load_register(folder / answer.json["draft"])
    site = next(site for site in draft.sites if site.code == "DM08")
    assert draft.infos[0].edition.endswith("draft") and (folder / "demo.geojson").read_bytes() == before
    assert (site.footprint_kind.value, site.boundary_error_m, len(site.footprint.exterior.coords)) == ("digitised", 20.0, 5)
    assert site.sources[-1].citation.startswith("drawn by RK in review on ") and "from the roof" in site.sources[-1].citation
    view = {"lat_deg": 10.5, "lon_deg": 103.6, "heading_deg": 45.0}
    key = key_of_name(page, "IMG_3310.MOV")
    assert (
        post(page, f"file/{key}/judgement", {"by": "AB", "call": "consistent", "site": "DM03", "view": view}).status_code == 200
    )
    again = load_register(folder / answer.json["draft"])
    attributes = dict(next(site for site in again.sites if site.code == "DM03").attributes)
    assert json.loads(attributes[VIEWS])[0]["by"] == "AB"
    assert next(site for site in again.sites if site.code == "DM08").footprint_kind.value == "digitised"


@pytest.mark.parametrize(
    "change",
    [
        {"corners": CORNERS[:2]},
        {"corners": [CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]]},
        {"corners": [[200.0, 10.5], *CORNERS[1:]]},
        {"site": "no such site"},
        {"boundary_error_m": 0.0},
    ],
)
def test_what_is_no_footprint_is_refused_and_leaves_no_draft(page, folder, change):
    body = {"by": "RK", "site": "DM08", "corners": CORNERS, "boundary_error_m": 20.0} | change
    assert post(page, "footprint", body).status_code in (400, 409)
    assert not list(folder.glob("*.draft.geojson"))


def test_tokens_are_long_and_never_the_same():
    assert len({make_token() for _ in range(100)}) == 100 and len(make_token()) >= 43
