"""The page's scripts outside a browser, with a library of maps that only counts what is drawn."""

import json
import shutil
import subprocess
from importlib import resources

import pytest

LOOK = """
let shapes = 0;
const library = new Proxy(() => {}, {
  get: (_, name) => (name === "geoJSON" ? () => { shapes += 1; return library; } : name === "isValid" ? () => false : library),
  apply: () => library,
});
globalThis.window = { L: library };
globalThis.document = { getElementById: () => ({ addEventListener() {}, style: {} }) };
const { openMap, showFile, sitesOf } = await import("./map.js");
const file = { report: { candidates: [{ site_code: "S7" }, { site_code: "not in this register" }] } };
const told = [];
for (const count of [3000, 3001]) {
  openMap(Array.from({ length: count }, (_, number) => ({ code: `S${number}`, footprint: {} })), () => {});
  shapes = 0;
  showFile(file, "S9");
  told.push([shapes, sitesOf(file).length]);
}
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node; not on this machine")
def test_of_very_many_sites_those_are_drawn_and_offered_that_a_file_was_weighed_against(tmp_path):
    for name in ("map.js", "dom.js"):
        (tmp_path / name).write_text((resources.files("geoverify.review") / "page" / name).read_text("utf-8"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "look.js").write_text(LOOK)
    said = subprocess.run(["node", "look.js"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120)
    assert json.loads(said.stdout) == [[3000, 3000], [2, 1]]
