"""The review page in a real browser: keys, judgements that outlive the program, drawing, no request elsewhere."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from builders.browser import find_programs, open_browser

from geoverify.case.decisions import read_decisions
from geoverify.case.store import look_at_case
from geoverify.results import Call

WAIT_S = 60.0


@pytest.fixture(scope="module")
def browser():
    if find_programs() is None:
        pytest.skip("needs a browser and its driver (Debian: apt-get install chromium chromium-driver); not on this machine")
    with open_browser(1400, 1000) as opened:
        yield opened


@pytest.fixture
def served(folder):
    """The command itself, as a process that can be killed."""
    command = [sys.executable, "-m", "geoverify", "review", os.fspath(folder / "my.gvcase"), "--by", "RK", "--no-open"]
    command += ["--sites", os.fspath(folder / "demo.geojson")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{43,}/", address), address
        yield process, address
        process.kill()


def wait(browser, script):
    end = time.monotonic() + WAIT_S
    while not (value := browser.run(f"return {script}")):
        assert time.monotonic() < end, f"not within {WAIT_S:g} s: {script}"
        time.sleep(0.1)
    return value


def press(browser, key):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser.driver).send_keys(key).perform()


def test_a_case_is_reviewed_by_keys_and_every_judgement_outlives_a_killed_program(browser, served, folder):
    process, address = served
    browser.driver.get(address)
    wait(browser, "document.querySelector('#frame').naturalWidth > 0 && document.querySelector('#map path')")
    first = browser.run("return document.querySelector('#name').textContent")
    press(browser, "c")
    wait(browser, "document.querySelector('#message.done') && document.querySelector('#progress').textContent.startsWith('1 of')")
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    with look_at_case(folder / "my.gvcase") as case:
        (decision,) = read_decisions(case)
    assert decision.call is Call.CONSISTENT and os.fspath(decision.path) == first
    press(browser, "t")
    wait(browser, "document.querySelector('#message').textContent.includes('does not answer')")


def test_the_keys_move_write_and_draw_and_nothing_is_asked_elsewhere(browser, served, folder):
    _, address = served
    browser.driver.get("about:blank")
    browser.read_requests()
    browser.read_errors()
    browser.driver.get(address)
    wait(browser, "document.querySelector('#frame').naturalWidth > 0")
    name = browser.run("return document.querySelector('#name').textContent")
    press(browser, "j")
    wait(browser, f"document.querySelector('#name').textContent !== {json.dumps(name)} && document.querySelector('#map path')")
    press(browser, "n")
    press(browser, "c j")
    assert browser.run("return document.querySelector('#note').value") == "c j"
    browser.run("document.querySelector('#note').blur(); document.querySelector('#draw').click()")
    map_box = browser.driver.find_element("css selector", "#map")
    from selenium.webdriver.common.action_chains import ActionChains

    for x, y in ((-60, -60), (60, -60), (60, 60), (-60, 60)):
        ActionChains(browser.driver).move_to_element_with_offset(map_box, x, y).click().pause(0.4).perform()
    browser.run("document.querySelector('#draw-save').click()")
    wait(browser, "document.querySelector('#message.done')")
    assert list(folder.glob("*.draft.geojson"))
    asked = browser.read_requests()
    assert asked and all(url.startswith((address, "data:")) for url in asked)
    assert browser.read_errors() == []


def test_a_hostile_name_stays_text(browser, made, tmp_path):
    name = '<img src=x onerror="document.title=1">\u202egpj.jpg'
    (tmp_path / "footage").mkdir()
    shutil.copy(made / "footage" / "IMG_4131.JPG", tmp_path / "footage" / name)
    program = [sys.executable, "-m", "geoverify"]
    case = os.fspath(tmp_path / "my.gvcase")
    subprocess.run(
        [*program, "match", tmp_path / "footage", "--sites", "demo", "--case", case, "--jobs", "1"],
        check=True,
        capture_output=True,
    )
    with subprocess.Popen(
        [*program, "review", case, "--no-open"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        browser.driver.get(process.stdout.readline().strip())
        wait(browser, "document.querySelector('#name').textContent")
        assert browser.run("return document.querySelectorAll('#queue img, #name img').length") == 0
        assert "onerror" in browser.run("return document.querySelector('#name').textContent")
        assert browser.driver.title == "Review my.gvcase"
        process.kill()
