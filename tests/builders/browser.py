"""A headless Chromium that is driven by tests and screenshots, with a log of everything that it asked the network for."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = (("chromium", "chromedriver"), ("chromium-browser", "chromedriver"), ("google-chrome", "chromedriver"))
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
# What a page that was opened from the disk may ask for: itself and what it carries.
OWN_SCHEMES = ("file:", "data:", "blob:", "about:", "chrome:")


def find_programs() -> tuple[str, str] | None:
    """The browser and its driver, if both are installed."""
    for browser, driver in PROGRAMS:
        found = shutil.which(browser), shutil.which(driver)
        if found[0] and found[1]:
            return found[0], found[1]
    return None


@dataclass(slots=True)
class Browser:
    """One window."""

    driver: Any

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a page from the disk as if for the first time, and wait until its script is through."""
        self.driver.get("about:blank")
        self.read_requests()
        self.driver.get(f"{path.absolute().as_uri()}{fragment}")

    def run(self, script: str, *args: Any) -> Any:
        """Run a script in the page and return what it returns."""
        return self.driver.execute_script(script, *args)

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page's view."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """Show the page as on a light or dark system."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def read_requests(self) -> list[str]:
        """The addresses that were asked for since the last reading."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [item["params"]["request"]["url"] for item in messages if item["method"] == "Network.requestWillBeSent"]
        opened = [item["params"]["url"] for item in messages if item["method"] == "Network.webSocketCreated"]
        return [*sent, *opened]

    def read_errors(self) -> list[str]:
        """What the page's console complained of since the last reading."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


@contextmanager
def open_browser(width: int = 1280, height: int = 900) -> Iterator[Browser]:
    """Start a browser with a profile of its own; `find_programs` must have found one."""
    from selenium import webdriver

    programs = find_programs()
    assert programs is not None
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with tempfile.TemporaryDirectory(prefix="geoverify-browser-", ignore_cleanup_errors=True) as profile:
        for argument in (*QUIET, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
        try:
            browser = Browser(driver)
            browser.resize(width, height)
            yield browser
        finally:
            driver.quit()
