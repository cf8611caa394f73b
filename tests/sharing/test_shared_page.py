"""The page to pass on: no secret that stands in the case, and no word that is false of what was left out."""

import datetime as dt
import html
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from builders.cases import keep_reports
from builders.seeded import CAMERA_AT_WORDS, SAFE_HOUSE, SAFE_HOUSE_WORDS, SECRETS, seeded_report, sites

from geoverify.case.decisions import Likelihood, View, decide
from geoverify.case.store import look_at_case, open_case
from geoverify.cli.shared_page import make_shared_source
from geoverify.model import Digest
from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.outlines import Outlines
from geoverify.pages.writing import Case, Source, render_page, write_folder
from geoverify.results import Call
from geoverify.sharing.sharer import Sharer

OPEN_FILE, HIDDEN_FILE = Path("/home/zqpath/zqname 85512345678.mp4"), Path("/home/zqpath/zqname 2.mp4")
# What a full page says of what is not in a report; in a copy it may have been left out.
ABSENCES = (
    *("score.none", "score.no_runner_up", "sketch.none", "found.nothing", "decisions.none", "limits.no_location"),
    *("limits.no_pictures", "custody.not_logged", "evidence.none", "map.none"),
)


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    path = tmp_path / "zqpath.gvcase"
    hidden = seeded_report(at=SAFE_HOUSE, path=str(HIDDEN_FILE))
    other = msgspec.structs.replace(hidden.media, digest=Digest(algorithm="sha256", hex="ab" * 32))
    keep_reports(path, {OPEN_FILE: seeded_report(), HIDDEN_FILE: msgspec.structs.replace(hidden, media=other)})
    with open_case(path) as case:
        view = View(lat_deg=SAFE_HOUSE[0], lon_deg=SAFE_HOUSE[1], heading_deg=12.0)
        words = {"site": "SEAL01", "call": Call.CONSISTENT, "likelihood": Likelihood.LIKELY, "view": view}
        decide(case, OPEN_FILE, "zqanalyst", "zqjudgement", **words)  # type: ignore[arg-type]
    return path


@pytest.fixture
def made(case_file: Path) -> tuple[Case, Source]:
    maker = Sharer(sites(), b"k" * 32)
    outlines = Outlines(sites={site.code: site for site in maker.share_sites(sites())})
    with look_at_case(case_file) as case:
        source, sentences = make_shared_source(case, sorted([OPEN_FILE, HIDDEN_FILE]), maker, outlines)
        # The reports are read while the case is open.
        source = replace(source, reports=list(source.reports))
    told = tuple(sentence.text for sentence in sentences)
    return Case(name="", title="A title", made_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC), sentences=told, is_copy=True), source


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_secret_of_the_case_is_in_the_page(made: tuple[Case, Source], language: str) -> None:
    page = render_page(*made, load_catalogue(language))
    assert [secret for secret in (*SECRETS, *SAFE_HOUSE_WORDS, *CAMERA_AT_WORDS) if secret in page] == []
    assert "SEAL01" in page and "file-" in page and "person-" in page
    assert "data:image/jpeg" not in page


def test_nor_in_any_file_of_the_folder_or_its_names(made: tuple[Case, Source], tmp_path: Path) -> None:
    write_folder(*made, load_catalogue("en"), tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    text = "".join(path.read_text("utf-8") + path.name for path in files)
    assert len(files) == 3
    assert [secret for secret in (*SECRETS, *SAFE_HOUSE_WORDS, *CAMERA_AT_WORDS) if secret in text] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_that_was_left_out_is_called_absent(made: tuple[Case, Source], language: str) -> None:
    words = load_catalogue(language)
    page = html.unescape(render_page(*made, words))
    assert [key for key in ABSENCES if words.text(key) in page] == []
    shown = re.sub(r"<[^>]*>", "", page)
    assert words.text("copy.no_scores") in shown and words.text("said.withheld.outside") in shown


def test_each_section_names_the_report_that_it_came_from(made: tuple[Case, Source]) -> None:
    page = render_page(*made, load_catalogue("en"))
    digests = [report.sharing.full_report.hex for report in made[1].reports if report.sharing]
    assert len(set(digests)) == 2 and all(digest in page for digest in digests)
