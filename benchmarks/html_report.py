"""How large a case's page is and how fast it opens and filters: `python benchmarks/html_report.py [FILES]`, default 5,000.

The reports are built from a few real ones with names, places and digests of their own, without pictures. Times are those of a
headless Chromium, from the disk: until the page's script is through and the first frame is drawn, and from a change of the
filter to the frame that shows it. Writing the page is timed too.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from builders.browser import Browser, find_programs, open_browser
from builders.pages import CASE, make_source, many_reports

from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.writing import render_page

DEFAULT_COUNT, REPEATS = 5000, 5
AFTER_A_FRAME = "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => done(performance.now())));"
FILTERS = {
    "verdict": "document.querySelector('[name=verdict][value=\"2\"]').click()",
    "site": "form.elements.site.selectedIndex = 1; form.elements.site.dispatchEvent(new Event('input', { bubbles: true }))",
    "name": "form.elements.text.value = 'IMG_01'; form.elements.text.dispatchEvent(new Event('input', { bubbles: true }))",
}


def main() -> None:
    """Print one line a figure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_COUNT
    source = make_source(many_reports(count))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        started_s = time.perf_counter()
        page.write_text(render_page(CASE, source, load_catalogue("en")), "utf-8")
        print(f"{count} files: written in {time.perf_counter() - started_s:.1f} s, {page.stat().st_size / 1e6:.2f} MB")
        if find_programs() is None:
            print("no Chromium here: the page was not opened")
            return
        with open_browser() as browser:
            browser.driver.set_script_timeout(120)
            opened = [open_page(browser, page) for _ in range(REPEATS)]
            print(f"opens in {describe(opened)}")
            for name, script in FILTERS.items():
                print(f"filters by {name} in {describe([filter_page(browser, page, script) for _ in range(REPEATS)])}")
            print(f"opens a file's section in {describe([open_section(browser, page, count) for _ in range(REPEATS)])}")


def open_page(browser: Browser, page: Path) -> float:
    """Milliseconds from the start of navigation to the first frame after the script."""
    browser.open(page)
    return float(browser.driver.execute_async_script(AFTER_A_FRAME))


def filter_page(browser: Browser, page: Path, script: str) -> float:
    """Milliseconds from a change of the filter to the frame that shows it."""
    browser.open(page)
    return _time(browser, script)


def open_section(browser: Browser, page: Path, number: int) -> float:
    """Milliseconds until a section that lies packed is shown."""
    browser.open(page)
    until = f"const look = () => document.querySelector('#file-{number}.current') ? end() : setTimeout(look, 5); look();"
    script = f"const done = arguments[0], from = performance.now(), end = () => done(performance.now() - from); {until}"
    return float(browser.driver.execute_async_script(f"location.hash = '#file-{number}'; {script}"))


def _time(browser: Browser, script: str) -> float:
    timed = f"const done = arguments[0], from = performance.now(); {script};"
    after = "requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));"
    return float(browser.driver.execute_async_script(timed + after))


def describe(times_ms: list[float]) -> str:
    """The median and the worst."""
    return f"{statistics.median(times_ms):.0f} ms (median of {len(times_ms)}; worst {max(times_ms):.0f} ms)"


if __name__ == "__main__":
    main()
