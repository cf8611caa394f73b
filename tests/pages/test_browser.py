"""The page in a real browser: it works from the disk, asks for nothing, runs nothing hostile, and can be used by everybody."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders.browser import OWN_SCHEMES, Browser, find_programs, open_browser
from builders.pages import ARABIC, ATTACKS, CASE, KHMER, SITE, hostile_reports, judge, make_reports, make_source, many_reports
from builders.reports import report_of
from builders.scenes import fix

from geoverify.case.decisions import Call
from geoverify.pages import writing
from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.writing import render_page, write_folder
from geoverify.results import Report
from geoverify.sharing.sharer import Sharer

pytestmark = [
    pytest.mark.skipif(find_programs() is None, reason="needs Chromium and its driver (Debian: chromium, chromium-driver)"),
    # The driver's own library leaves sockets to this machine's driver to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
ENGLISH = load_catalogue("en")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_browser() as opened:
            opened.driver.set_script_timeout(120)
            yield opened


@pytest.fixture(autouse=True)
def as_before(browser: Browser) -> Iterator[None]:
    yield
    browser.resize(1280, 900)
    browser.prefer("light")


def write_page(folder: Path, reports: list[Report], language: str = "en") -> Path:
    source = make_source(reports)
    judge(source, ("RK", "gate compared", Call.CONSISTENT, "A"))
    page = folder / "report.html"
    page.write_text(render_page(CASE, source, load_catalogue(language)), "utf-8")
    return page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page"), make_reports())


def wait_for(browser: Browser, script: str) -> None:
    done = "const done = arguments[0], look = () => (%s) ? done(true) : setTimeout(look, 20); look();"
    assert browser.driver.execute_async_script(done % script)


def open_file(browser: Browser, number: int) -> None:
    browser.run(f"location.hash = '#file-{number}'")
    wait_for(browser, f"document.querySelector('#file-{number}.current')")


def rows_of(browser: Browser) -> list[str]:
    names: list[str] = browser.run("return [...document.querySelectorAll('#rows th')].map((cell) => cell.textContent)")
    return names


def pick(browser: Browser, name: str, value: str) -> None:
    browser.run(
        "const field = document.getElementById('filter').elements[arguments[0]]; field.value = arguments[1];"
        "for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));",
        name,
        value,
    )


# --- what it asks for -----------------------------------------------------------------------------------------------------


def test_nothing_leaves_the_page(browser: Browser, page: Path) -> None:
    browser.open(page)
    pick(browser, "text", "near")
    browser.run("map.setView([10.6, 103.5], 18); window.dispatchEvent(new Event('beforeprint'))")
    open_file(browser, 1)
    asked = browser.read_requests()
    assert asked, "the log of requests is empty, though the page itself was asked for"
    assert [url for url in asked if not url.startswith(OWN_SCHEMES)] == []
    assert {url for url in asked if url.startswith("file:")} == {page.absolute().as_uri()}
    assert browser.read_errors() == []


def test_the_policy_stops_what_a_page_might_try(browser: Browser, page: Path) -> None:
    browser.open(page)
    tried = browser.driver.execute_async_script(
        "const done = arguments[0];"
        "const script = document.createElement('script'); script.textContent = 'window.pwned = 1'; document.body.append(script);"
        "const image = new Image(); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image);"
        "fetch('http://127.0.0.1:9/').then(() => done('fetched'), () => done(window.pwned ?? 'stopped'));"
    )
    assert tried == "stopped"
    assert any("Content Security Policy" in message for message in browser.read_errors())
    # The log has what was tried, stopped or not: an empty one means that nothing was.
    assert any(url.startswith("http") for url in browser.read_requests())


# --- hostile text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain_chars", [0, writing.MAX_PLAIN_CHARS], ids=["packed", "plain"])
def test_hostile_names_and_captions_are_shown_and_not_run(
    plain_chars: int, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_PLAIN_CHARS", plain_chars)
    hostile = write_page(tmp_path, hostile_reports())
    browser.open(hostile)
    for number in range(1, len(ATTACKS) + 1):
        open_file(browser, number)
    browser.run("location.hash = '#overview'")
    # A dialog would make every further command fail.
    assert browser.run("return [window.pwned ?? null, document.querySelectorAll('.file img, #rows img').length]") == [None, 0]
    shown = browser.run("return document.body.innerText + document.getElementById('files').textContent")
    assert "<img src=x onerror=alert(1)>" in shown
    assert "{{7*7}}" in shown
    assert browser.read_errors() == []
    assert not any(url.startswith("http") or url.endswith("/x") for url in browser.read_requests())


def test_captions_run_their_own_way(browser: Browser, page: Path) -> None:
    browser.open(page)
    open_file(browser, 2)
    ways = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('#file-2 .found bdi')].map((part) => [part.textContent, "
        "getComputedStyle(part).direction]))"
    )
    assert ways[ARABIC] == "rtl"
    assert ways[KHMER] == "ltr"


# --- filter, list, map ----------------------------------------------------------------------------------------------------


def test_the_filter_narrows_list_and_map_and_says_how_many_are_left(browser: Browser, page: Path) -> None:
    browser.open(page)
    everything = rows_of(browser)
    assert len(everything) == 4
    wait_for(browser, "located.length >= 1")
    browser.run("document.querySelector('[name=verdict][value=\"2\"]').click()")
    assert len(rows_of(browser)) == 2
    assert "2 of 4 files" in browser.run("return document.getElementById('result').value")
    pick(browser, "site", browser.run("return String(page.sites.indexOf('A'))"))
    assert rows_of(browser) == ["a/near.jpg"]
    pick(browser, "from", "2025-10-04")
    assert rows_of(browser) == []
    wait_for(browser, "located.length === 0")
    assert (
        browser.run("return document.getElementById('outside').textContent") == "No file that passes the filter has a position."
    )
    browser.run("document.querySelector('[type=reset]').click()")
    wait_for(browser, "document.querySelectorAll('#rows tr').length === 4")
    pick(browser, "writer", "none")
    assert rows_of(browser) == ["a/words.jpg", "b/nothing.jpg"]
    pick(browser, "writer", "")
    pick(browser, "source", browser.run("return String(page.sources.indexOf('telegram: River Watch'))"))
    assert rows_of(browser) == ["b/far.jpg"]
    pick(browser, "source", "none")
    assert rows_of(browser) == ["a/near.jpg", "a/words.jpg", "b/nothing.jpg"]


def test_sources_that_nobody_names_are_no_filter(browser: Browser, tmp_path: Path) -> None:
    browser.open(write_page(tmp_path, [report_of(fix(0, 0), path="footage/near.jpg")]))
    assert browser.run("return document.getElementById('filter').elements.source.offsetHeight") == 0


def test_the_map_is_true_to_scale(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("map.setView([10.6, 103.5], 17, { animate: false })")
    # The built site is a square of 150 m.
    width = browser.run("return document.querySelector('#map path.outline').getBBox().width")
    line, text = browser.run(
        "const bar = document.querySelector('.leaflet-control-scale-line'); return [bar.offsetWidth, bar.textContent]"
    )
    assert text.endswith(" m")
    assert width / line * float(text.split()[0]) == pytest.approx(150.0, rel=0.06)


def test_a_click_on_the_map_names_the_file(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("map.setView([files[0].lat, files[0].lon], 18, { animate: false })")
    wait_for(browser, "located.some((item) => item.file.number === 1 && item.at.x > 0 && item.at.x < 1200)")
    at = "map.latLngToContainerPoint([files[0].lat, files[0].lon])"
    browser.run(f"map.fire('click', {{ containerPoint: {at}, latlng: map.getCenter() }})")
    wait_for(browser, "document.querySelector('.leaflet-popup a[href=\"#file-1\"]')")


# --- sections -------------------------------------------------------------------------------------------------------------


def test_a_file_opens_alone_and_leads_on_and_back(browser: Browser, page: Path) -> None:
    browser.open(page, "#file-3")
    wait_for(browser, "document.documentElement.dataset.view === 'file'")
    assert browser.run("return [...document.querySelectorAll('.file')].filter((part) => part.offsetHeight).length") == 1
    browser.run("document.getElementById('next').click()")
    wait_for(browser, "document.activeElement.id === 'file-4-title'")
    assert browser.run("return document.getElementById('next').hidden")
    browser.run("document.querySelector('.file-nav a').click()")
    wait_for(browser, "document.documentElement.dataset.view === 'overview' && document.querySelector('#map canvas')")


def test_packed_sections_open_too(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_PLAIN_CHARS", 0)
    browser.open(write_page(tmp_path, many_reports(45)))
    for number in (45, 1, 21):
        open_file(browser, number)
    assert browser.run("return document.querySelector('#file-21.current .file-name').textContent").endswith("IMG_00020.jpg")


def test_paper_gets_the_overview_and_every_file_that_passes(browser: Browser, page: Path) -> None:
    browser.open(page)
    pick(browser, "text", "near")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.run(
        "return [...document.querySelectorAll('.file')].filter((part) => part.offsetHeight).map((part) => part.id)"
    )
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert shown == ["file-1"]


def test_a_folder_works_from_the_disk(browser: Browser, tmp_path: Path) -> None:
    write_folder(CASE, make_source(make_reports()), ENGLISH, tmp_path / "out")
    browser.open(tmp_path / "out" / "index.html")
    browser.run("document.querySelector('#rows a').click()")
    wait_for(browser, "location.pathname.endsWith('files/0001.html') && document.readyState === 'complete'")
    assert browser.run("return document.querySelector('.file-name').textContent") == "a/near.jpg"
    assert browser.read_errors() == []
    assert all(url.startswith(OWN_SCHEMES) for url in browser.read_requests())


# --- for everybody --------------------------------------------------------------------------------------------------------


def find_violations(browser: Browser) -> list[Any]:
    import axe_core_python

    browser.run((Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found: list[Any] = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document, {}).then((result) => done(result.violations.map((item) => "
        "[item.id, item.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))])))"
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(scheme: str, browser: Browser, page: Path) -> None:
    browser.prefer(scheme)
    browser.open(page)
    assert find_violations(browser) == []
    open_file(browser, 1)
    assert find_violations(browser) == []


def test_axe_finds_nothing_wrong_in_french_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    browser.resize(390, 844)
    browser.open(write_page(tmp_path, make_reports(), "fr"))
    assert find_violations(browser) == []
    assert browser.run("return document.documentElement.scrollWidth") <= 390
    open_file(browser, 1)
    assert browser.run("return document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_to_pass_on_works_alike_and_asks_for_nothing(language: str, browser: Browser, tmp_path: Path) -> None:
    maker = Sharer([SITE], b"k" * 32)
    copies = [maker.share(report) for report in make_reports()]
    page = tmp_path / "report.html"
    about = replace(CASE, name="", is_copy=True)
    page.write_text(render_page(about, make_source(copies), load_catalogue(language)), "utf-8")
    browser.open(page)
    assert len(rows_of(browser)) == len(copies)
    assert find_violations(browser) == []
    open_file(browser, 1)
    assert find_violations(browser) == []
    assert [url for url in browser.read_requests() if not url.startswith(OWN_SCHEMES)] == []
    assert browser.read_errors() == []


def test_axe_would_find_something(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelector('.lead').style.color = '#e5e2dc'")
    assert [item[0] for item in find_violations(browser)] == ["color-contrast"]


def test_the_keyboard_reaches_filter_map_list_and_file(browser: Browser, page: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(page)
    reached = set()
    for _ in range(40):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(
            browser.run("const at = document.activeElement; return at.id || at.name || at.className || at.getAttribute('href')")
        )
    assert {"skip", "verdict", "site", "writer", "from", "text", "map", "#file-1", "print"} <= reached
