"""The page as text: what it says, that it loads nothing, and that nothing in it is taken for more than text."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from builders.pages import ATTACKS, CASE, SITE, hostile_reports, judge, make_reports, make_source, many_reports
from builders.scenes import gate

from geoverify.case.decisions import Call
from geoverify.errors import UsageError
from geoverify.pages import outlines, writing
from geoverify.pages.basemap import Basemap
from geoverify.pages.catalogue import Catalogue, load_catalogue
from geoverify.pages.outlines import Outlines
from geoverify.pages.writing import render_page, write_folder
from geoverify.text import escape_controls

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")
VENDOR = Path(writing.__file__).parent / "vendor"
LOADING = {"src", "href", "data", "poster", "action", "srcset", "formaction", "xlink:href", "style"}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the texts of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[str, dict[str, str | None], str]] = []
        self.words = ""
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs)) if tag in ("script", "style") else None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.inline.append((*self._open, data))
            self._open = None
        else:
            self.words += data


def policy_of(page: str) -> str:
    (policy,) = [
        attributes["content"]
        for tag, attributes in Elements(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    return policy


def plain_page() -> str:
    return render_page(CASE, make_source(make_reports()), ENGLISH)


# --- what it loads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reports", [make_reports, hostile_reports])
def test_a_page_points_to_nothing_outside_itself(reports: object) -> None:
    page = Elements(render_page(CASE, make_source(reports()), ENGLISH))  # type: ignore[operator]
    for tag, attributes in page.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in LOADING or (value or "").startswith(("#", "data:")), (tag, name, value)
    assert not any(
        "@import" in text or re.search(r"url\((?!images/|#default)", text) for tag, _, text in page.inline if tag == "style"
    )


def test_the_policy_lets_only_these_very_scripts_run_and_nothing_load() -> None:
    page = plain_page()
    policy = policy_of(page)
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    runs = {"style-src", "script-src"}
    allowed = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    for tag, attributes, text in Elements(page).inline:
        if attributes.get("type") in ("application/json", "application/octet-stream"):
            continue
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed[f"{tag}-src"]
    assert runs <= allowed.keys()
    assert allowed["img-src"] == ["data:"]


def test_the_policy_comes_before_everything_that_it_is_about() -> None:
    page = plain_page()
    assert page.index("Content-Security-Policy") < min(page.index("<style"), page.index("<script"), page.index("<link"))


def test_tiles_open_the_policy_for_one_host_and_say_so() -> None:
    case = replace(CASE, tiles="https://tiles.example.org:8443/{z}/{x}/{y}.png")
    page = render_page(case, make_source(make_reports()), ENGLISH)
    assert "img-src data: https://tiles.example.org:8443;" in policy_of(page)
    assert "Background tiles are loaded from tiles.example.org" in Elements(page).words


def test_the_map_library_is_the_one_that_its_note_names() -> None:
    listed = dict(re.findall(r"\| (leaflet/\S+) \| ([0-9a-f]{64}) \|", (VENDOR / "README.md").read_text()))
    assert {"leaflet/leaflet.js", "leaflet/leaflet.css"} == listed.keys()
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    licence = (VENDOR / "leaflet" / "LICENSE").read_text()
    assert "Redistribution and use" in licence
    assert licence.strip() in plain_page()


# --- what it says ---------------------------------------------------------------------------------------------------------


def test_a_page_tells_of_every_file() -> None:
    reports = make_reports()
    page = Elements(plain_page())
    assert [attributes["id"] for tag, attributes in page.found if tag == "article"] == ["file-1", "file-2", "file-3", "file-4"]
    for report in reports:
        assert report.media.path in page.words
        assert report.verdict.wording in page.words
        for item in report.evidence:
            if item.site_code in report.verdict.site_codes:
                assert item.explanation in page.words
        for observation in report.observations:
            assert observation.provenance.field in page.words
        for step in report.next_steps:
            assert step in page.words
    for part in ("entry 2 of the log", "sha256 " + "cd" * 32, "geoverify match footage --sites 'x y.geojson'", "ab" * 32):
        assert part in page.words, part


def test_words_in_any_script_may_run_their_own_way() -> None:
    page = plain_page()
    for text in ("ប៉ូលីសនៅមុខក្លោងទ្វារ", "ตำรวจอยู่หน้าประตู", "警察在大门口", "الشرطة عند البوابة"):
        assert f'<bdi dir="auto">{text}' in page


def test_judgements_stand_apart_and_superseded_ones_stay_readable() -> None:
    source = make_source(make_reports()[:1])
    judge(source, ("RK", "first look", Call.CONSISTENT, "A"), ("RK", "second look", Call.NOT_THIS_SITE, "A"))
    judge(source, ("LM", "the gate fits", Call.CONSISTENT, "A"))
    words = Elements(render_page(CASE, source, ENGLISH)).words
    assert all(
        text in words for text in ("first look", "second look", "the gate fits", "not this site", "The analysts disagree.")
    )
    assert words.count("superseded by a later entry") == 1
    assert "They are no part of the score" in words


def test_french_pages_are_french_and_mark_what_is_not() -> None:
    page = render_page(CASE, make_source(make_reports()), FRENCH)
    assert '<html lang="fr" dir="ltr">' in page
    assert "Compatible avec A" in page
    assert 'lang="en"' not in page
    assert '<bdi dir="auto" lang="en">' in render_page(CASE, make_source(hostile_reports()), FRENCH)
    # Keys that have no words would show as themselves.
    assert not re.search(r">\s*(?:file|limits|custody|found|score)\.[a-z_]+\s*<", page)


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_the_hint_of_the_map_tells_which_background_there_is(words: Catalogue) -> None:
    def hints(case: writing.Case) -> list[bool]:
        shown = Elements(render_page(case, make_source(make_reports()), words)).words
        return [words.text(f"map.{key}_hint", host="tiles.example.org") in shown for key in ("no_background", "basemap", "tiles")]

    carried = Basemap(tiles={}, max_zoom=3, left_out=0)
    assert hints(CASE) == [True, False, False]
    assert hints(replace(CASE, basemap=carried)) == [False, True, False]
    assert hints(replace(CASE, tiles="https://tiles.example.org/{z}/{x}/{y}.png")) == [False, False, True]


def test_a_missing_register_is_named() -> None:
    reports = make_reports()
    source = make_source(reports, outlines=Outlines(sites={}, missing=reports[0].registers))
    assert "Give it with --sites" in Elements(render_page(CASE, source, ENGLISH)).words


def test_the_page_is_the_same_for_the_same_case() -> None:
    assert plain_page() == plain_page()


# --- many sites -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_of_more_sites_than_a_map_can_draw_those_are_shown_that_files_were_weighed_against(
    words: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*codes: str) -> tuple[list[str], bool]:
        sites = {code: msgspec.structs.replace(SITE, code=code) for code in codes}
        page = Elements(render_page(CASE, make_source(make_reports(), outlines=Outlines(sites=sites)), words))
        (data,) = [text for _, attributes, text in page.inline if attributes.get("id") == "data"]
        told = words.text("map.some_sites", shown=1, total=len(codes))
        return [site["code"] for site in json.loads(data)["outlines"]], told in page.words

    assert look("X1", "A", "X2") == (["X1", "A", "X2"], False)
    monkeypatch.setattr(outlines, "MAX_DRAWN", 2)
    assert look("X1", "A", "X2") == (["A"], True)


# --- many files -----------------------------------------------------------------------------------------------------------


def test_many_sections_are_packed_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = many_reports(45)
    plain = Elements(render_page(CASE, make_source(reports), ENGLISH))
    monkeypatch.setattr(writing, "MAX_PLAIN_CHARS", 0)
    packed = render_page(CASE, make_source(reports), ENGLISH)
    packs = [text for _, attributes, text in Elements(packed).inline if attributes.get("class") == "pack"]
    assert len(packs) == 3
    unpacked = "".join(gzip.decompress(base64.b64decode(pack)).decode() for pack in packs)
    ids = [attributes["id"] for tag, attributes in Elements(unpacked).found if tag == "article"]
    assert ids == [attributes["id"] for tag, attributes in plain.found if tag == "article"]
    assert "<article" not in packed


def test_a_folder_has_an_index_and_a_page_a_file(tmp_path: Path) -> None:
    reports = make_reports()
    folder = tmp_path / "out"
    size = write_folder(CASE, make_source(reports), ENGLISH, folder)
    pages = sorted(folder.rglob("*.html"))
    assert [page.relative_to(folder).as_posix() for page in pages] == [
        *(f"files/000{number}.html" for number in range(1, 5)),
        "index.html",
    ]
    assert size == sum(page.stat().st_size for page in pages)
    for page in pages:
        text = page.read_text("utf-8")
        links = [attributes.get("href") or "" for tag, attributes in Elements(text).found if tag == "a"]
        assert all(link.startswith("#") or (page.parent / link).is_file() for link in links), page
    assert "script-src 'none'" in policy_of((folder / "files" / "0001.html").read_text("utf-8"))
    with pytest.raises(UsageError, match="is there already"):
        write_folder(CASE, make_source(reports), ENGLISH, folder)


# --- hostile text ---------------------------------------------------------------------------------------------------------


def test_hostile_text_stays_text() -> None:
    page = render_page(CASE, make_source(hostile_reports()), ENGLISH)
    elements = Elements(page)
    calm = Elements(render_page(CASE, make_source(make_reports()), ENGLISH))
    kinds = {tag for tag, _ in elements.found}
    assert kinds <= {tag for tag, _ in calm.found} | {"img"}
    assert "img" not in kinds
    assert len(elements.inline) == len(calm.inline)
    for attack in ATTACKS:
        assert escape_controls(attack) in elements.words


def test_the_data_of_the_page_cannot_end_its_element() -> None:
    page = render_page(CASE, make_source(hostile_reports()), ENGLISH)
    (data,) = [text for _, attributes, text in Elements(page).inline if attributes.get("id") == "data"]
    assert not set("<>&\u2028\u2029\u202e") & set(data)
    names = [row[0] for row in json.loads(data)["files"]]
    assert len(names) == len(ATTACKS)
    # A slash in a name is a folder; what follows the last one of each is there.
    assert all(any(escape_controls(attack).rsplit("/", 1)[-1] in name for name in names) for attack in ATTACKS)


def test_the_register_is_as_little_trusted() -> None:
    bad = msgspec.structs.replace(SITE, parts=(gate(ATTACKS[0], (10.6, 103.5)),))
    page = render_page(CASE, make_source(make_reports(), outlines=Outlines(sites={"A": bad})), ENGLISH)
    assert "<img src=x" not in page
