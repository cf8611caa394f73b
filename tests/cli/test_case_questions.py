"""`claim`, `summary` and `statements` through the program: what they print, write and exit with."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from builders.sidecars import ytdlp_info

from geoverify import cli
from geoverify.case.store import list_files, look_at_case
from geoverify.opencv import load_cv2

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "media"
NAMES = ("IMG_4127.JPG", "IMG_4131.JPG", "received_840217735519230.webp")
# One of the files is told by its picture alone.
pytestmark = pytest.mark.references


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    for name in NAMES:
        shutil.copy(SAMPLES / name, folder / name)
    shutil.copy(SAMPLES / NAMES[0], folder / "copy.jpg")
    return folder


@pytest.fixture(scope="module")
def case(footage):
    path = footage.parent / "my.gvcase"
    with pytest.raises(SystemExit) as ended:
        cli.run(["match", str(footage), "--sites", "demo", "--case", str(path), "--jobs", "2"])
    assert not ended.value.code
    return path


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- summary --------------------------------------------------------------------------------------------------------------


def test_a_summary_counts_footage_and_not_files(run, case):
    code, out, _ = run("summary", case)
    assert code == 0
    assert out.startswith(
        "3 independent pieces of footage in 4 files: 2 located (consistent with a listed site), at least 2 sites"
    )
    told = " ".join(out.split())
    assert "1 file is a copy of others" in told and "1 ambiguous" in told


def test_a_summary_in_json_and_csv_has_every_file_once(run, case, tmp_path):
    code, out, _ = run("summary", case, "--by", "day", "--by", "status", "--json", "-", "--csv", tmp_path / "rows.csv")
    made = json.loads(out)
    assert (code, made["schema_version"]) == (0, "1.1")
    assert sum(group["files"] for group in made["groups"]["day"]) == 4
    assert {group["name"] for group in made["groups"]["status"]} == {
        "confirmed",
        "no site named",
        "status unknown: the day is unknown",
    }
    rows = rows_of(tmp_path / "rows.csv")
    assert sorted(Path(row["file"]).name for row in rows) == sorted([*NAMES, "copy.jpg"])
    assert [bool(row["copy_of"]) for row in rows].count(True) == 1


def test_the_last_hours_count_back_from_the_time_given_and_say_so(run, case):
    code, out, _ = run("summary", case, "--last", "36h", "--now", "2025-10-03 20:00")
    assert code == 0
    assert out.startswith("1 independent piece of footage in 2 files")
    assert "counted from 2025-10-02 08:00 +0700 to 2025-10-03 20:00 +0700" in out
    assert "1 independent" in run("summary", case, "--from", "2025-10-05", "--to", "2025-10-05", "--sites", "demo")[1]


def test_judgements_of_analysts_are_told_apart(run, case, footage, tmp_path):
    shutil.copy(case, tmp_path / "judged.gvcase")
    assert (
        run("case", "decide", tmp_path / "judged.gvcase", footage / NAMES[2], "--judgement", "gate\x1b[2J seen", "--by", "RK")[0]
        == 0
    )
    code, out, _ = run("summary", tmp_path / "judged.gvcase")
    assert code == 0
    assert "apart from these counts, analysts (RK) have judged 1 file themselves" in out
    assert "\x1b" not in out and "gate" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--last", "soon"), "no length of time"),
        (("--last", "3h", "--from", "2026-01-17"), "give one or the other"),
        (("--from", "17.1.2026"), "--from"),
        (("--from", "2026-01-17", "--to", "2026-01-16"), "comes before"),
    ],
)
def test_what_is_no_time_is_a_usage_error(run, case, options, words):
    code, _, err = run("summary", case, *options)
    assert (code, words in err) == (2, True), err


def test_a_case_that_is_not_there_is_a_usage_error(run, tmp_path):
    assert run("summary", tmp_path / "none.gvcase")[0] == 2
    assert not (tmp_path / "none.gvcase").exists()


def test_paths_are_from_the_folder_of_the_case_or_from_the_one_that_all_files_share(run, case, footage, tmp_path):
    made = json.loads(run("summary", case, "--json", "-")[1])
    assert made["folder"] == str(case.parent)
    assert made["sentences"][1]["files"][0] == f"{footage.name}/{NAMES[0]}"
    shutil.copy(case, tmp_path / "moved.gvcase")
    made = json.loads(run("summary", tmp_path / "moved.gvcase", "--json", "-")[1])
    assert (made["folder"], made["sentences"][1]["files"][0]) == (str(footage), NAMES[0])
    assert f"paths are from {footage}" in run("summary", tmp_path / "moved.gvcase")[1]


@pytest.mark.parametrize("content", [b"", b"no case"])
def test_a_file_that_is_no_case_is_called_none(run, tmp_path, content):
    (tmp_path / "x.gvcase").write_bytes(content)
    code, _, err = run("summary", tmp_path / "x.gvcase")
    assert (code, "no geoverify case" in err or "is no case" in err) == (2, True), err


def test_outputs_never_replace_the_case(run, case):
    before = case.read_bytes()
    assert run("summary", case, "--csv", case)[0] == 2
    assert case.read_bytes() == before


# --- claim ----------------------------------------------------------------------------------------------------------------


def test_a_claim_about_a_file_is_held_against_the_file(run, footage):
    before = {path: path.read_bytes() for path in footage.iterdir()}
    code, out, _ = run("claim", footage / NAMES[0], "--site", "DM01", "--at", "2025-10-03 11:00", "--sites", "demo")
    assert code == 0
    assert "place: supported" in out and "time: supported" in out
    assert {path: path.read_bytes() for path in footage.iterdir()} == before


@pytest.mark.parametrize(
    ("site", "at", "code"), [("DM05", "2025-10-03", 1), ("DM01", "2025-10-09", 1), ("DM01", "2025-10-03", 0)]
)
def test_a_contradicted_place_or_time_can_be_an_exit_code(run, case, footage, site, at, code):
    options = ("--case", case, "--fail-on", "contradicted")
    assert run("claim", footage / NAMES[0], "--site", site, "--at", at, *options)[0] == code


def test_every_row_of_a_table_of_claims_is_a_row_out(run, case, footage, tmp_path):
    table = tmp_path / "claims.csv"
    table.write_text(
        "file,site,place,at,collected_by\n"
        f"{footage / NAMES[0]},DM01,,2025-10-03,RK\n"
        f"{footage / NAMES[0]},,Golden Sun,,RK\n"
        f"{footage / 'none.jpg'},DM01,,,RK\n"
        f"{footage / NAMES[2]},,=HYPERLINK(1),2025-10-01,RK\n"
    )
    code, out, err = run("claim", "--claims", table, "--case", case, "--json", "-", "--csv", tmp_path / "out.csv")
    assert (code, "not read: columns collected_by" in err) == (0, True)
    claims = json.loads(out)["claims"]
    rows = rows_of(tmp_path / "out.csv")
    assert len(claims) == len(rows) == 4
    assert [row["place"] for row in rows] == ["supported", "open", "", "open"]
    assert "not in this case" in rows[2]["problem"]
    assert rows[3]["claimed_place"] == "'=HYPERLINK(1)"


@pytest.fixture(scope="module")
def posted_before(tmp_path_factory):
    """A copy of a dated picture, without its metadata and posted years before, and a case of both."""
    folder = tmp_path_factory.mktemp("posted")
    shutil.copy(SAMPLES / NAMES[0], folder / NAMES[0])
    cv2 = load_cv2()
    picture = cv2.imread(str(SAMPLES / NAMES[0]))
    cv2.imwrite(str(folder / "old.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 60])
    (folder / "old.info.json").write_text(
        json.dumps(ytdlp_info(timestamp=1663459200, upload_date="20220918", ext="jpg", _type=None)), "utf-8"
    )
    path = folder.parent / f"{folder.name}.gvcase"
    with pytest.raises(SystemExit):
        cli.run(["match", str(folder), "--sites", "demo", "--case", str(path), "--jobs", "2"])
    return folder, path


def test_what_copies_in_the_case_say_is_held_against_a_claim(run, posted_before):
    folder, path = posted_before
    claimed = (folder / NAMES[0], "--site", "DM01", "--at", "2025-10-03")
    code, out, _ = run("claim", *claimed, "--case", path)
    told = " ".join(out.split())
    assert code == 0
    assert f"time: contradicted: {folder.name}/old.jpg, a copy of this footage: 2022-09-18" in told
    assert "time: supported" in run("claim", *claimed, "--sites", "demo")[1]
    told = " ".join(run("claim", folder / "old.jpg", "--site", "DM05", "--case", path)[1].split())
    assert f"copies of this footage are located elsewhere: {folder.name}/{NAMES[0]} (consistent with DM01" in told


def test_a_row_that_cannot_be_read_is_a_row_with_its_problem(run, case, footage, tmp_path):
    table = tmp_path / "claims.csv"
    rows = (
        f"{footage / NAMES[0]};DM01;2025-10-03 9:00",
        f"{footage / NAMES[0]};ZZ99;2025-10-03",
        ";DM01;2025-10-03",
        f"{footage / NAMES[0]};DM01;3rd of October",
        "none.jpg;DM01;",
        f"{footage / NAMES[0]};;",
        f"{footage / NAMES[0]};DM01;2025-10-03;more",
    )
    table.write_text("\n".join(("sep=;", "file;site;at", *rows)))
    code, out, err = run("claim", "--claims", table, "--case", case, "--csv", tmp_path / "out.csv")
    told = rows_of(tmp_path / "out.csv")
    assert (code, len(told)) == (0, 7)
    assert (told[0]["time"], told[0]["problem"]) == ("contradicted", "")
    words = ("no site has this code", "names no file", "no date and time", "not in this case", "claims nothing", "more cells")
    named = " ".join(err.split())
    for line, (word, row) in enumerate(zip(words, told[1:], strict=True), 4):
        assert word in row["problem"]
        assert f"claims.csv, line {line}: {row['problem']}" in named
    assert "(no file): claimed nothing that can be read" in out
    table.write_text("file,site\nnone.jpg,ZZ99\n")
    assert run("claim", "--claims", table, "--case", case)[0] == 3


@pytest.mark.parametrize("option", ["--at", "--site", "--place", "--from", "--to"])
def test_an_option_that_says_nothing_is_refused(run, footage, option):
    code, _, err = run("claim", footage / NAMES[0], "--sites", "demo", option, " ")
    assert (code, f"{option} is empty" in err) == (2, True), err


@pytest.mark.parametrize(
    ("columns", "shown"),
    [("file,site,code", "site and code"), ("file,path,site", "file and path"), ("file,at,time", "at and time")],
)
def test_two_columns_of_one_meaning_are_a_usage_error(run, tmp_path, columns, shown):
    table = tmp_path / "claims.csv"
    table.write_text(f"{columns}\na,b,c\n")
    code, _, err = run("claim", "--claims", table)
    assert (code, f"the columns {shown} mean the same" in " ".join(err.split())) == (2, True), err


def test_a_date_and_a_time_are_one_time(run, case, footage, tmp_path):
    table = tmp_path / "claims.csv"
    table.write_text(
        "file,site,date,time\n"
        f"{footage / NAMES[0]},DM01,2025-10-03,11:00+07:00\n"
        f"{footage / NAMES[0]},DM01,2025-10-03,16:00+07:00\n"
    )
    assert run("claim", "--claims", table, "--case", case, "--csv", tmp_path / "out.csv")[0] == 0
    assert [row["time"] for row in rows_of(tmp_path / "out.csv")] == ["supported", "contradicted"]


def test_claims_and_the_register_must_be_those_of_the_case(run, case, footage):
    code, _, err = run("claim", footage / NAMES[0], "--site", "BA01", "--case", case, "--sites", "cambodia-2025")
    assert code == 2
    assert "no report was matched against this edition" in err


@pytest.mark.parametrize("command", [("summary", "{case}"), ("review", "{case}"), ("report", "{case}", "-o", "{folder}/x.html")])
def test_another_edition_is_not_drawn_or_counted_by(run, case, tmp_path, command):
    args = [part.format(case=case, folder=tmp_path) for part in command]
    code, _, err = run(*args, "--sites", "cambodia-2025")
    assert (code, "no report was matched against this edition" in err) == (2, True), err


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 2),
        (("clip.jpg",), 2),
        (("clip.jpg", "--site", "ZZ99"), 2),
        (("none.jpg", "--site", "BA01"), 3),
        (("--claims", "none.csv"), 2),
        (("none.jpg", "--place", "99.5, 300"), 2),
        (("none.jpg", "--place", "11°75'N 106°10'E"), 2),
        (("none.jpg", "--site", "BA01", "--at", "2025-02-30"), 2),
    ],
)
def test_claims_about_nothing(run, args, code):
    assert run("claim", *args)[0] == code


def test_what_is_no_place_and_no_day_is_called_so(run):
    assert "no position on earth; write latitude" in run("claim", "none.jpg", "--place", "99.5, 300")[2]
    assert "2025-02-30: there is no such day" in run("claim", "none.jpg", "--site", "BA01", "--at", "2025-02-30 12:00")[2]


# --- statements -----------------------------------------------------------------------------------------------------------


def test_statements_beside_footage(run, case, tmp_path):
    table = tmp_path / "statements.csv"
    table.write_text("id,site,from,to\nS-1,DM01,2025-10-01,2025-10-31\nS-2,DM01,2024-01,2024-02\nS-3,DM08,,\n")
    code, out, _ = run("statements", case, "--statements", table, "--json", "-", "--csv", tmp_path / "out.csv")
    assert code == 0
    made = json.loads(out)["statements"]
    assert [item["agreement"] for item in made] == ["agrees", "no_footage_of_that_time", "no_footage_of_that_place"]
    assert made[0]["agreeing_count"] == 1
    assert [row["id"] for row in rows_of(tmp_path / "out.csv")] == ["S-1", "S-2", "S-3"]


def test_a_table_with_names_is_refused_and_nothing_of_it_is_stored(run, case, tmp_path):
    table = tmp_path / "statements.csv"
    table.write_text("id,site,name\nS-1,DM01,Sok Dara\n")
    before = case.read_bytes()
    code, out, err = run("statements", case, "--statements", table, "--csv", tmp_path / "out.csv")
    assert (code, out) == (2, "")
    assert "looks like a name" in err and "Sok" not in err
    assert case.read_bytes() == before and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("command", ["claim", "summary", "statements"])
def test_every_help_has_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert (code, f"geoverify {command} " in out) == (0, True)


@pytest.mark.parametrize(
    "command",
    [
        ("summary", "{case}", "--json", "{target}"),
        ("summary", "{case}", "--csv", "{target}"),
        ("doubles", "{case}", "--json", "{target}"),
        ("discover", "{case}", "--json", "{target}"),
        ("discover", "{case}", "--overwrite", "-o", "{target}"),
        ("rematch", "{case}", "--sites", "demo", "--apply", "--json", "{target}"),
        ("statements", "{case}", "--statements", "{table}", "--csv", "{target}"),
        ("claim", "--claims", "{claims}", "--case", "{case}", "--csv", "{target}"),
        ("report", "{case}", "--overwrite", "-o", "{html}"),
    ],
)
@pytest.mark.parametrize("kind", ["case", "footage"])
def test_neither_the_case_nor_its_footage_is_written_over(run, case, tmp_path, command, kind):
    with look_at_case(case) as opened:
        footage = next(path for path, *_ in list_files(opened))
    target = case if kind == "case" else footage
    (tmp_path / "table.csv").write_text("id,site\nS-1,DM01\n")
    (tmp_path / "claims.csv").write_text(f"file,site\n{footage.parent / NAMES[1]},DM01\n")
    os.link(target, tmp_path / "page.html")
    names = {"case": case, "target": target, "html": tmp_path / "page.html"}
    tables = {"table": tmp_path / "table.csv", "claims": tmp_path / "claims.csv"}
    before = target.read_bytes()
    code, _, err = run(*(part.format(**names, **tables) for part in command))
    assert (code, "would be lost" in err) == (2, True), err
    assert target.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="rights are those of POSIX")
def test_what_is_written_of_a_case_is_its_owners_alone(run, case, footage, tmp_path):
    (tmp_path / "table.csv").write_text("id,site\nS-1,DM01\n")
    out = tmp_path / "out"
    out.mkdir()
    for command in (
        ("summary", case, "--json", out / "a.json", "--csv", out / "a.csv"),
        ("claim", footage / NAMES[0], "--site", "DM01", "--case", case, "--json", out / "b.json"),
        ("statements", case, "--statements", tmp_path / "table.csv", "--csv", out / "c.csv"),
        ("rematch", case, "--sites", "demo", "--json", out / "d.json"),
        ("discover", case, "--json", out / "e.json"),
        ("doubles", case, "--json", out / "f.json"),
        ("export", case, "-o", out / "g.csv"),
        ("report", case, "--no-pictures", "-o", out / "h.html"),
    ):
        code, _, err = run(*command)
        assert code == 0, err
    assert {oct(path.stat().st_mode & 0o777) for path in out.iterdir()} == {"0o600"}
    assert len(list(out.iterdir())) == 9
