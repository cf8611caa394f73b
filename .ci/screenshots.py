"""Write the pictures of the README into docs/img: report and review page of the samples in a headless Chromium."""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from builders.browser import Browser, find_programs, open_browser

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "img"
MAX_BYTES = 250_000
# The ambiguous one: two sites, a gate between them, a judgement.
FILE, FILE_NUMBER = "samples/media/IMG_4131.JPG", 13
CLIP, WAIT_S = "VID-20251013-WA0002", 60.0
JUDGEMENT = ("--judgement", "Both gates could fit; count the storeys.", "--by", "RK", "--site", "DM01", "--call", "cannot_tell")


def main() -> None:
    """Make a case, its report and the pictures."""
    if find_programs() is None:
        sys.exit("screenshots need Chromium and its driver; on Debian and Ubuntu: apt-get install chromium chromium-driver")
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        case, page = Path(folder, "samples.gvcase"), Path(folder, "report.html")
        run("match", "samples/media", "--sites", "demo", "--case", str(case))
        run("case", "decide", str(case), FILE, *JUDGEMENT)
        run("report", str(case), "-o", str(page))
        browser.open(page)
        shoot(browser, "report-overview", 0.0, 1010.0)
        shoot_map(browser, "report-map")
        browser.run("map.setView([9.5997, 101.9012], 17.5, { animate: false })")
        shoot_map(browser, "report-map-close")
        browser.open(page, f"#file-{FILE_NUMBER}")
        shoot(browser, "report-file", 0.0, 1300.0)
        shoot_review(browser, case)


def shoot_review(browser: Browser, case: Path) -> None:
    """The review page on a stripped clip that its picture alone places."""
    command = [sys.executable, "cli.py", "review", str(case), "--by", "RK", "--no-open"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            browser.driver.get(server.stdout.readline().strip())
            wait(browser, "document.querySelector('#frame').naturalWidth > 0")
            browser.run(
                f"[...document.querySelectorAll('#queue button')].find((item) => item.textContent.includes('{CLIP}')).click()"
            )
            wait(browser, f"document.querySelector('#name').textContent.includes('{CLIP}')")
            wait(
                browser,
                "document.querySelector('#reference').naturalWidth > 0 && document.querySelector('#frame').naturalWidth > 0",
            )
            # Leaflet moves to the site before it draws it.
            shoot(browser, "review", 0.0, 900.0, "jpeg")
        finally:
            server.kill()


def wait(browser: Browser, condition: str) -> None:
    """Wait until a condition holds in the page."""
    end = time.monotonic() + WAIT_S
    while not browser.run(f"return {condition}"):
        if time.monotonic() > end:
            sys.exit(f"the page does not come to: {condition}")
        time.sleep(0.2)


def run(*command: str) -> None:
    """Run the program on the samples."""
    subprocess.run([sys.executable, "cli.py", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def shoot_map(browser: Browser, name: str) -> None:
    """The map with what stands around it."""
    top, height = browser.run(
        "const box = document.getElementById('map').getBoundingClientRect(); return [box.top + scrollY, box.height]"
    )
    shoot(browser, name, top - 16.0, height + 32.0)


def shoot(browser: Browser, name: str, top: float, height: float, kind: str = "png") -> None:
    """One picture of a part of the page, over its whole width."""
    # Whatever is drawn with the next frame is there then.
    time.sleep(1.0)
    clip = {"x": 0, "y": top, "width": 1280, "height": height, "scale": 1}
    # What shows photographs is a tenth of the size as JPEG.
    options = {"format": kind, "captureBeyondViewport": True, "clip": clip} | ({"quality": 82} if kind == "jpeg" else {})
    data = base64.b64decode(browser.driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"])
    if len(data) > MAX_BYTES:
        sys.exit(f"{name}.{kind} has {len(data)} bytes, more than {MAX_BYTES}; show less of the page")
    (TARGET / f"{name}.{kind}").write_bytes(data)
    print(f"docs/img/{name}.{kind}: {len(data)} bytes")


if __name__ == "__main__":
    main()
