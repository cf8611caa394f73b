"""References through the command line: taken in, listed, checked, removed, built; hostile and damaged ones."""

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builders import clips
from builders.galleries import cropped, write_photo
from builders.overlays import caption_banner, scene

from geoverify.batch import limits_of
from geoverify.errors import RegisterError, UsageError
from geoverify.opencv import load_cv2
from geoverify.references.looking import open_looker
from geoverify.references.worker import Look, Unusable, hash_differences
from geoverify.register.load import resolve_register
from geoverify.register.references import (
    Derivation,
    Reference,
    find_references,
    load_references,
    lock_references,
    photo_path,
    references_folder,
    resolve_own_register,
    save_references,
)
from geoverify.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return Path(shutil.copy(resolve_register("demo"), tmp_path / "mine.geojson"))


def photo(path: Path, seed: int, **changes: object) -> Path:
    """A sharp photo, a scene of its own for each seed."""
    picture = scene(seed, (600, 800))
    for name, value in changes.items():
        picture = {"blur": lambda p, v: load_cv2().GaussianBlur(p, (0, 0), v), "size": lambda p, v: load_cv2().resize(p, v)}[
            name
        ](picture, value)
    path.write_bytes(clips.encode_picture(path.suffix, picture))
    return path


def has_file_wall() -> bool:
    from geoverify.isolation.landlock import NAME
    from geoverify.isolation.pool import WorkerPool
    from geoverify.isolation.wire import WallState, WorkerSpec

    spec = WorkerSpec(module="geoverify.references.worker", greeting=b"{}", limits=limits_of(Settings()))
    with WorkerPool(spec, 1) as pool:
        pool.submit(b'{"path_hex": ""}').result()
        return any(wall.name == NAME and wall.state is WallState.ACTIVE for wall in pool.walls())


def codes_of(run: Run, register: Path) -> tuple[int, list[tuple[str, str]]]:
    code, out, _ = run("refs", "check", "--sites", register, "--json")
    return code, [(remark["code"], remark["record"][:4]) for remark in json.loads(out)["remarks"]]


def test_photos_are_kept_under_their_digests_with_what_is_known_of_them(run: Run, register: Path, tmp_path: Path) -> None:
    given = [photo(tmp_path / "gate of \u202ehell.jpg", 1), photo(tmp_path / "wall.png", 2)]
    before = [path.read_bytes() for path in given]
    options = ("--part", "East gate", "--position", "9.6,101.9", "--heading", "20", "--taken", "2025-03")
    code, out, err = run(
        "refs", "add", "DM01", *given, "--sites", register, *options, "--by", "A", "--source", "S", "--licence", "L"
    )
    assert (code, err) == (0, "") and "2 references of DM01 added" in out
    assert [path.read_bytes() for path in given] == before
    references = load_references(register)
    assert [reference.digest for reference in references] == sorted(hashlib.sha256(data).hexdigest() for data in before)
    for reference in references:
        stored = photo_path(register, reference)
        assert hashlib.sha256(stored.read_bytes()).hexdigest() == reference.digest == stored.stem
        assert (reference.part, reference.lat_deg, reference.lon_deg, reference.heading_deg) == ("East gate", 9.6, 101.9, 20.0)
        assert (reference.taken, reference.by, reference.source, reference.licence) == ("2025-03", "A", "S", "L")
        assert reference.added and reference.origin == reference.digest
    code, out, _ = run("refs", "list", "--sites", register)
    assert code == 0 and "2 references of 1 site; no index is built yet" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--part", "No such gate"), "no part of this name; it has:"),
        (("--position", "95,10"), "write latitude and longitude"),
        (("--position", "nan,10"), "write latitude and longitude"),
        (("--heading", "400"), "from 0 to 360"),
        (("--taken", "yesterday"), "YYYY-MM"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, register: Path, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    code, _, err = run("refs", "add", "DM01", photo(tmp_path / "a.jpg", 1), "--sites", register, *options)
    assert code == 2 and words in err
    assert load_references(register) == ()


def test_a_site_that_is_not_there_and_a_register_that_is_not_yours(run: Run, register: Path, tmp_path: Path) -> None:
    picture = photo(tmp_path / "a.jpg", 1)
    assert run("refs", "add", "XX", picture, "--sites", register)[0] == 2
    code, _, err = run("refs", "add", "DM01", picture, "--sites", "demo")
    assert code == 2 and "copy" in err
    assert resolve_own_register(str(register)) == register
    with pytest.raises(RegisterError):
        resolve_own_register("cambodia-2025")


def test_hostile_and_useless_files_are_named_and_the_rest_is_taken(run: Run, register: Path, tmp_path: Path) -> None:
    good = photo(tmp_path / "good.jpg", 1)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(good.read_bytes()[:300])
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    link = tmp_path / "link.jpg"
    link.symlink_to(good)
    clip = clips.write_clip(tmp_path / "clip.mp4")
    code, out, err = run("refs", "add", "DM01", bad, text, link, clip, good, "--sites", register)
    assert code == 0 and "1 reference of DM01 added" in out
    assert "no picture can be decoded" in err and "not a picture" in err and "symbolic link" in err and "--at SECONDS" in err
    assert run("refs", "add", "DM01", bad, "--sites", register)[0] == 3
    again, _, err = run("refs", "add", "DM01", good, "--sites", register)
    assert again == 3 and "is a reference of DM01 already" in err


def test_a_frame_of_a_video_says_what_it_is_derived_from(run: Run, register: Path, tmp_path: Path) -> None:
    clip = clips.write_clip(tmp_path / "clip.avi", fourcc="MJPG", paint=lambda number: scene(number // 25, (240, 320)))
    for at_s in ("0.5", "2.5"):
        code, _, err = run("refs", "add", "DM02", clip, "--sites", register, "--at", at_s)
        assert code == 0
    assert "count as one witness" in err
    references = load_references(register)
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert {reference.origin for reference in references} == {digest}
    assert sorted(reference.derived_from.time_s for reference in references if reference.derived_from) == pytest.approx(
        [0.5, 2.5], abs=0.05
    )
    assert "of " + digest[:16] in run("refs", "list", "--sites", register)[1].replace("\n", " ")
    assert run("refs", "add", "DM02", clip, "--sites", register, "--at", "1000")[0] == 3


def test_check_finds_what_makes_a_reference_bad(run: Run, register: Path, tmp_path: Path) -> None:
    cv2 = load_cv2()
    banner = caption_banner(scene(6, (600, 800)), np.random.default_rng(2))[0]
    banner[:200] = 0
    (tmp_path / "covered.png").write_bytes(clips.encode_picture(".png", banner))
    (tmp_path / "plain.png").write_bytes(clips.encode_picture(".png", np.full((600, 800, 3), 99, np.uint8)))
    copy = cv2.resize(scene(1, (600, 800)), (700, 525), interpolation=cv2.INTER_AREA)
    (tmp_path / "copy.jpg").write_bytes(clips.encode_picture(".jpg", copy))
    (tmp_path / "mirror.jpg").write_bytes(clips.encode_picture(".jpg", np.ascontiguousarray(copy[:, ::-1])))
    sites = {
        "DM01": ("good.jpg", "copy.jpg"),
        "DM02": ("mirror.jpg",),
        "DM03": ("blurred.jpg",),
        "DM04": ("tiny.png",),
        "DM05": ("covered.png",),
        "DM06": ("plain.png",),
    }
    photo(tmp_path / "good.jpg", 1)
    photo(tmp_path / "blurred.jpg", 3, blur=6.0)
    photo(tmp_path / "tiny.png", 4, size=(160, 120))
    for site, names in sites.items():
        assert run("refs", "add", site, *(tmp_path / name for name in names), "--sites", register, "--source", "S")[0] == 0
    code, found = codes_of(run, register)
    assert code == 2
    expected = {("blurred", "DM03"), ("tiny", "DM04"), ("overlay", "DM05"), ("featureless", "DM06"), ("duplicate", "DM01")}
    assert expected | {("shared-photo", "DM02")} <= set(found)
    assert ("blurred", "DM01") not in found and ("overlay", "DM01") not in found and ("featureless", "DM01") not in found
    assert "no-provenance" not in {kind for kind, _ in found}


def test_two_sites_with_the_same_front_are_told(run: Run, register: Path, tmp_path: Path) -> None:
    front = scene(9, (300, 400))
    for number, site in enumerate(("DM01", "DM02")):
        picture = scene(20 + number, (600, 800))
        picture[100 + 90 * number : 400 + 90 * number, 60 + 250 * number : 460 + 250 * number] = front
        path = tmp_path / f"{site}.jpg"
        path.write_bytes(clips.encode_picture(".jpg", picture))
        run("refs", "add", site, path, "--sites", register, "--source", "S")
    run("refs", "add", "DM03", photo(tmp_path / "other.jpg", 30), "--sites", register, "--source", "S")
    code, found = codes_of(run, register)
    assert (code, found) == (0, [("sites-alike", "DM01")])


def test_a_photo_that_changed_is_an_error_and_is_not_built(run: Run, register: Path, tmp_path: Path) -> None:
    run("refs", "add", "DM01", photo(tmp_path / "a.jpg", 1), photo(tmp_path / "b.jpg", 2), "--sites", register, "--by", "A")
    first, second = load_references(register)
    photo_path(register, first).write_bytes(b"changed")
    photo_path(register, second).unlink()
    code, found = codes_of(run, register)
    assert code == 2 and [kind for kind, _ in found] == ["photo-missing"] * 2
    code, _, err = run("refs", "build", "--sites", register)
    assert code == 2 and "missing or changed" in err
    assert find_references(register) is None


def test_removing_keeps_a_photo_that_another_record_names(run: Run, register: Path, tmp_path: Path) -> None:
    picture = photo(tmp_path / "a.jpg", 1)
    for site in ("DM01", "DM02"):
        run("refs", "add", site, picture, "--sites", register)
    reference = load_references(register)[0]
    assert run("refs", "remove", reference.digest[:7], "--sites", register)[0] == 2
    assert run("refs", "remove", "0" * 8, "--sites", register)[0] == 2
    assert run("refs", "remove", reference.digest[:12], "--sites", register, "--site", "DM01")[0] == 0
    assert [item.site_code for item in load_references(register)] == ["DM02"]
    assert photo_path(register, reference).exists()
    assert run("refs", "remove", reference.digest, "--sites", register)[0] == 0
    assert load_references(register) == () and not photo_path(register, reference).exists()


def test_an_index_is_the_same_for_the_same_photos_and_looks_only_at_new_ones(run: Run, register: Path, tmp_path: Path) -> None:
    assert run("refs", "build", "--sites", register)[0] == 2
    photos = [photo(tmp_path / f"{number}.jpg", number) for number in range(4)]
    run("refs", "add", "DM01", *photos[:3], "--sites", register)

    def build(*options: str) -> dict[str, object]:
        code, out, _ = run("refs", "build", "--sites", register, "--json", *options)
        assert code == 0
        answer: dict[str, object] = json.loads(out)
        return answer

    first = build()
    assert (first["photo_count"], first["site_count"], first["new_count"]) == (3, 1, 3)
    index = find_references(register)
    assert index is not None and index == references_folder(register) / "index.gvi"
    assert build() == {**first, "new_count": 0}
    assert "the index is up to date" in run("refs", "list", "--sites", register)[1]
    assert "refs build" not in run("match", photos[0], "--sites", register)[2]
    run("refs", "add", "DM02", photos[3], "--sites", register)
    assert "the index is not of these references: geoverify refs build" in run("refs", "list", "--sites", register)[1]
    lag = f"{register}: the index is not of these references, so pictures are not compared with all of them; geoverify refs build"
    assert lag in run("match", photos[0], "--sites", register)[2]
    grown = build()
    assert (grown["photo_count"], grown["new_count"]) == (4, 1) and grown["sha256"] != first["sha256"]
    assert build("--afresh")["sha256"] == grown["sha256"]


def test_records_that_are_damaged_or_made_to_harm_are_refused(register: Path) -> None:
    reference = Reference(site_code="DM01", digest="0" * 64, media_type="image/jpeg", width_px=1, height_px=1)
    save_references(register, [reference])
    path = references_folder(register) / "references.json"
    good = path.read_text()
    assert load_references(register) == (reference,)
    for bad in (
        good[:-20],
        good.replace("0" * 64, "../../../etc/passwd"),
        good.replace("image/jpeg", "text/html"),
        good.replace('"1.0"', '"2.0"'),
        "[" * 5000,
    ):
        path.write_text(bad)
        with pytest.raises(RegisterError):
            load_references(register)


def test_the_same_references_are_the_same_bytes(register: Path) -> None:
    made = [
        Reference(
            site_code=f"DM0{number % 3}",
            digest=hashlib.sha256(bytes([number])).hexdigest(),
            media_type="image/png",
            width_px=number,
            height_px=2,
            derived_from=Derivation(digest="1" * 64, time_s=1.5) if number == 2 else None,
        )
        for number in range(5)
    ]
    save_references(register, made)
    first = (references_folder(register) / "references.json").read_bytes()
    save_references(register, made[::-1])
    assert (references_folder(register) / "references.json").read_bytes() == first
    assert sorted(load_references(register), key=lambda item: item.width_px) == made


def test_a_second_process_is_told_to_wait(run: Run, register: Path, tmp_path: Path) -> None:
    with lock_references(register):
        code, _, err = run("refs", "add", "DM01", photo(tmp_path / "a.jpg", 1), "--sites", register)
    assert code == 2 and "another process" in err
    assert run("refs", "add", "DM01", tmp_path / "a.jpg", "--sites", register)[0] == 0


def test_workers_see_only_the_folders_they_were_given(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    with open_looker([inside], Settings()) as looker:
        seen = looker.look(photo(inside / "a.jpg", 1))
        hidden = looker.look(photo(outside / "b.jpg", 2))
    assert isinstance(seen, Look) and seen.feature_count > 500
    # Where the system has no file wall, doctor says so, and the worker could read it.
    assert isinstance(hidden, Unusable) or not has_file_wall()


def test_the_hash_is_the_same_for_a_copy_and_another_for_another_picture() -> None:
    cv2 = load_cv2()
    lumas = [cv2.cvtColor(scene(seed, (600, 800)), cv2.COLOR_BGR2GRAY) for seed in range(6)]
    for luma in lumas:
        copy = cv2.GaussianBlur(cv2.resize(luma, (400, 300), interpolation=cv2.INTER_AREA), (0, 0), 1)
        assert (hash_differences(luma) ^ hash_differences(copy)).bit_count() <= 6
    for one, other in itertools.pairwise(lumas):
        assert (hash_differences(one) ^ hash_differences(other)).bit_count() > 10


def test_a_former_code_leads_to_the_new_one() -> None:
    from geoverify.references.intake import check_place
    from geoverify.register.load import load_register

    register = load_register(resolve_register("demo"))
    former = [(code, site.code) for site in register.sites for code in site.former_codes]
    for old, new in former:
        with pytest.raises(UsageError, match=new):
            check_place(register, old, "")


def test_accepted_footage_becomes_a_reference_that_says_what_it_rests_on(run: Run, register: Path, tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    first, second = write_photo(footage / "first.jpg", cropped(1)), write_photo(footage / "second.jpg", cropped(1, right_px=40))
    run("refs", "add", "DM01", photo(tmp_path / "a.jpg", 1), photo(tmp_path / "b.jpg", 2), "--sites", register, "--by", "A")
    original = hashlib.sha256((tmp_path / "a.jpg").read_bytes()).hexdigest()
    run("refs", "build", "--sites", register)
    case = tmp_path / "my.gvcase"
    assert run("match", footage, "--sites", register, "--case", case)[0] == 0

    def add(path: Path, code: str = "DM01") -> tuple[int, str]:
        done, out, err = run("refs", "add", code, path, "--from-case", case, "--sites", register)
        return done, out + err

    def decide(*options: str) -> int:
        return run("case", "decide", case, first, "--judgement", "seen", "--by", "RK", *options)[0]

    accept = ("--call", "consistent")
    for options in ((), ("--site", "DM01"), ("--site", "DM02", *accept), ("--site", "DM01", "--call", "not_this_site")):
        if options:
            assert decide(*options) == 0
        code, told = add(first)
        assert code == 2 and "nobody has accepted it as showing DM01" in told and "--call consistent" in told
    assert decide("--site", "DM01", *accept) == 0
    assert decide("--site", "DM01") == 0
    assert add(first)[0] == 2, "the later judgement withdraws the earlier"
    assert decide("--site", "DM01", *accept) == 0
    assert add(first, "DM02")[0] == 2
    code, told = add(first)
    assert code == 0 and "count as one witness" in told
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    (derived,) = [item for item in load_references(register) if item.derived_from is not None]
    assert derived.derived_from == Derivation(digest=digest, kind="accepted footage", first=original)
    assert derived.origin == original
    assert "accepted footage" in run("refs", "list", "--sites", register)[1].replace("\n", " ")

    # The chain goes on: what is recognised by a derived reference is derived from what that one rests on.
    run("refs", "build", "--sites", register)
    run("refs", "remove", original, "--sites", register)
    run("refs", "build", "--sites", register)
    report = tmp_path / "r.json"
    assert run("match", footage, "--sites", register, "--case", case, "--json", report)[0] == 0
    matched = {
        Path(made["media"]["path"]).name: [
            item["value"]["origin_digest"] for item in made["observations"] if item["value"].get("site_code") == "DM01"
        ]
        for made in json.loads(report.read_bytes())["reports"]
    }
    # Footage is no witness of itself, whatever the chain begins with.
    assert matched["second.jpg"] == [original] and original not in matched["first.jpg"]
    run("case", "decide", case, second, "--judgement", "seen", "--by", "RK", "--site", "DM01", *accept)
    assert add(second)[0] == 0
    assert {item.origin for item in load_references(register) if item.derived_from is not None} == {original}
    second.write_bytes(second.read_bytes() + b"x")
    assert "changed since it was accepted" in add(second)[1]
    assert add(tmp_path / "a.jpg")[0] == 2
