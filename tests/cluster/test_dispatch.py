"""What the client does with what a cluster loses, refuses or does not see."""

import datetime as dt
import json
import os
import shutil
from collections import Counter
from concurrent.futures import CancelledError, Future
from pathlib import Path

import msgspec
import pytest
from builders.cases import fill, photo
from builders.clusters import ScriptedCluster, reply
from builders.scenes import SETTINGS
from builders.stores import build_zip

from geoverify import batch
from geoverify.batch import LocalEngine, make_task
from geoverify.case.store import list_files, open_case
from geoverify.casework import Plan, Step, read_reports, update_case
from geoverify.cluster import dispatch, worker
from geoverify.cluster.dispatch import ClusterEngine
from geoverify.cluster.orders import LostConnection, Reply, describe_program
from geoverify.cluster.parcels import FOLDER_NAME
from geoverify.errors import MissingToolError, UsageError
from geoverify.register.load import resolve_register
from geoverify.register.references import digest_indexes
from geoverify.remote.addresses import parse_address
from geoverify.remote.fetching import open_lister
from geoverify.verify import read_file
from geoverify.worker import Job, prepare_kit, weigh

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "media"
# The files are written as the tests run: a day that is fixed would be before that sooner or later.
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def job(tmp_path):
    # Without the references beside it, which are looked at for seconds.
    register = tmp_path / "alone.geojson"
    shutil.copy(resolve_register("demo"), register)
    return Job(registers=[str(register)], settings=SETTINGS, examined_at=NOW)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    monkeypatch.setattr(dispatch, "WAITS_S", (0.0,) * 12)
    monkeypatch.setattr(dispatch, "SETTLE_S", 0.0)


@pytest.fixture
def quick(monkeypatch):
    """Files are read in this process: starting a child for each order takes a second or two."""

    def answer(tasks, paths, job, jobs, stage=None):
        kit = prepare_kit(job)
        for path, _ in tasks:
            yield path, weigh(read_file(path, kit), kit, job.examined_at)

    monkeypatch.setattr(worker, "answer_tasks", answer)
    monkeypatch.setattr(batch, "answer_tasks", answer)


def ask(cluster, files, job):
    answers = ClusterEngine(cluster).answer(((path, make_task(path)) for path in files), files, job)
    return [answer for answer in answers if answer is not None]


def codes_of(answers):
    return {path.name: done.problem_codes for path, done in answers}


@pytest.mark.references
def test_a_cluster_says_of_each_file_what_this_machine_says_with_the_references_that_were_shipped(tmp_path, job):
    register = resolve_register("demo")
    indexes = digest_indexes([register])
    job = msgspec.structs.replace(job, registers=[str(register)], references=indexes, wants_pictures=True)
    files = [*fill(tmp_path / "footage", 1), SAMPLES / "photo_2025-10-06_18-22-41.jpg"]
    cluster = ScriptedCluster(tmp_path / "worker", places=1)
    tasks = [(path, make_task(path)) for path in files]
    answers = dict(ask(cluster, files, job))
    assert answers == dict(LocalEngine(1).answer(tasks, files, job))
    # A picture that is recognised by a reference, and shown beside its photograph.
    assert answers[files[1]].verdict == "consistent" and answers[files[1]].pictures
    assert next(iter(indexes.values())) in bytes(answers[files[1]].report).decode()
    # What is looked for is nobody else's business.
    assert list((tmp_path / "worker").rglob("index.gvi"))
    assert (tmp_path / "worker" / FOLDER_NAME).stat().st_mode & 0o077 == 0
    # Those that were given out at first are sent back, for the worker lacks the register.
    assert len(cluster.orders) == 2 + dispatch.ORDERS_PER_PLACE * cluster.places
    assert cluster.shipped == 1


def test_workers_fetch_files_from_elsewhere_themselves(tmp_path, job):
    pytest.importorskip("fsspec", reason="needs the extra geoverify[remote]")
    archive = build_zip(tmp_path / "a.zip", {"IMG_1.jpg": photo(1), "IMG_2.jpg": photo(2)})
    with open_lister(SETTINGS) as lister:
        catalogue = lister.list_all([parse_address(f"zip://{archive}")])
    cluster = ScriptedCluster(tmp_path / "worker", places=1)
    engine = ClusterEngine(cluster, catalogue)
    tasks = [(path, make_task(path)) for path in catalogue.files]
    answers = dict(answer for answer in engine.answer(tasks, catalogue.files[:1], job) if answer is not None)
    assert {path.name: done.verdict for path, done in answers.items()} == {"IMG_1.jpg": "consistent", "IMG_2.jpg": "consistent"}
    assert sorted(done.media.path for done in answers.values()) == [f"zip://{archive}/IMG_{number}.jpg" for number in (1, 2)]
    assert not list((tmp_path / "worker").glob("geoverify-stage-*"))


def test_workers_are_given_full_paths_and_reports_the_names_that_were_given(tmp_path, job, quick, monkeypatch):
    fill(tmp_path / "footage", 2)
    (tmp_path / "footage" / "IMG_00001.jpg").write_bytes(b"")
    (tmp_path / "table.csv").write_text("file,caption\nIMG_00000.jpg,hello\n")
    monkeypatch.chdir(tmp_path)
    files = [Path("footage/IMG_00000.jpg"), Path("footage/IMG_00001.jpg")]
    cluster = ScriptedCluster(tmp_path / "worker")
    engine = ClusterEngine(cluster)
    with open_case(tmp_path / "my.gvcase") as case:
        list(update_case(case, files, msgspec.structs.replace(job, sidecars=["table.csv"]), engine, Plan()))
        reports = list(read_reports(case, files))
    named = {bytes.fromhex(errand.task.path_hex) for order in cluster.orders for errand in order.errands}
    assert named == {os.fsencode(tmp_path / path) for path in files}
    assert {name for order in cluster.orders for name in order.job.sidecars} == {str(tmp_path / "table.csv")}
    assert [report.media.path for report in reports] == [str(path) for path in files]
    assert [use.path for use in reports[0].sidecars] == ["../table.csv"]


def test_lost_futures_are_given_out_again_and_nothing_is_doubled(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 8)
    lost = {2: CancelledError(), 3: ConnectionError("gone"), 4: OSError("refused")}
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda number, _: lost.get(number))
    with open_case(tmp_path / "my.gvcase") as case:
        steps = Counter(item.step for item in update_case(case, files, job, ClusterEngine(cluster), Plan()))
        assert steps == {Step.READ: 8}
        assert [path for path, *_ in list_files(case)] == files
        stored = [json.loads(row[0]) for row in case.connection.execute("SELECT body FROM custody WHERE kind = 'acquired'")]
    assert sorted(Path(entry["path"]) for entry in stored) == files
    assert cluster.reconnected >= 2


def test_a_scheduler_that_stays_away_ends_the_run_after_bounded_tries(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda *_: CancelledError())

    def refuse():
        cluster.reconnected += 1
        raise OSError("nobody answers")

    monkeypatch.setattr(cluster, "reconnect", refuse)
    with pytest.raises(MissingToolError, match=r"does not answer.*run the same command again"):
        ask(cluster, files, job)
    assert cluster.reconnected == len(dispatch.WAITS_S)


def test_what_was_done_before_the_scheduler_went_for_good_is_in_the_case(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 8)
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda number, _: CancelledError() if number > 5 else None)
    monkeypatch.setattr(cluster, "reconnect", lambda: (_ for _ in ()).throw(OSError("nobody")))
    with open_case(tmp_path / "my.gvcase") as case:
        with pytest.raises(MissingToolError):
            list(update_case(case, files, job, ClusterEngine(cluster), Plan()))
        done = len(list(read_reports(case, files)))
        assert 0 < done < len(files)
        engine = ClusterEngine(ScriptedCluster(tmp_path / "other"))
        steps = Counter(item.step for item in update_case(case, files, job, engine, Plan()))
    assert steps == {Step.KEPT: done, Step.READ: len(files) - done}


def test_a_file_that_costs_workers_their_lives_is_a_row_and_its_neighbours_are_unharmed(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 100)

    def behave(_, order):
        paths = {Path(bytes.fromhex(errand.task.path_hex).decode()).name for errand in order.errands}
        return RuntimeError("KilledWorker") if "IMG_00042.jpg" in paths else None

    cluster = ScriptedCluster(tmp_path / "worker", places=1, behave=behave)
    codes = codes_of(ask(cluster, files, job))
    assert len(codes) == 100
    assert {name for name, found in codes.items() if "worker-lost" in found} == {"IMG_00042.jpg"}
    sizes = [len(order.errands) for order in cluster.orders]
    assert max(sizes) == dispatch.ORDER_SIZE
    assert sizes.count(1) <= dispatch.PARTS + 2 * dispatch.TRIES


def test_a_file_with_which_the_connection_goes_each_time_is_given_up(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 2)

    def behave(_, order):
        return CancelledError() if len(order.errands) == 1 and order.errands[0].task.path_hex.endswith("302e6a7067") else None

    codes = codes_of(ask(ScriptedCluster(tmp_path / "worker", places=1, behave=behave), files, job))
    assert codes["IMG_00000.jpg"] == ("worker-lost",)
    assert codes["IMG_00001.jpg"] == ()


def test_files_that_a_worker_does_not_see_go_to_others_and_end_as_a_row_that_the_next_run_tries_again(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 4)
    blind = {"unseen": "No such file or directory"}

    def behave(_, order):
        return reply(answers=tuple(blind for _ in order.errands)) if len(cluster.orders) > 2 else None

    cluster = ScriptedCluster(tmp_path / "worker", places=1, behave=behave)
    with open_case(tmp_path / "my.gvcase") as case:
        list(update_case(case, files, job, ClusterEngine(cluster), Plan()))
        codes = {Path(report.media.path).name: [p.code for p in report.problems] for report in read_reports(case, files)}
        assert list(codes) == [path.name for path in files]
        unseen = {name for name, found in codes.items() if found == ["not-on-worker"]}
        assert len(unseen) == 3
        report = next(report for report in read_reports(case, files) if report.problems)
        assert "same path" in report.problems[0].message
        assert report.media.digest is None and report.verdict.kind == "inconclusive"
        assert frozenset({"tcp://one"}) in cluster.avoided
        steps = Counter(item.step for item in update_case(case, files, job, LocalEngine(1), Plan()))
        assert steps == {Step.KEPT: 1, Step.READ: 3}
        assert not any(report.problems for report in read_reports(case, files))


def test_a_worker_really_looks_whether_it_sees_the_file_that_the_client_sees(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 2)
    monkeypatch.setattr(dispatch, "_size_of", lambda path: 999 if path == files[0] else path.stat().st_size)
    codes = codes_of(ask(ScriptedCluster(tmp_path / "worker"), files, job))
    assert codes == {"IMG_00000.jpg": ("not-on-worker",), "IMG_00001.jpg": ()}


def test_a_worker_with_another_program_refuses_and_says_what_differs(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 1)
    mine = describe_program()
    old = msgspec.structs.replace(mine.versions, geoverify="0.0.9", libraries=mine.versions.libraries | {"shapely": "1.0"})
    other = msgspec.structs.replace(mine, versions=old)
    monkeypatch.setattr(dispatch, "describe_program", lambda: other)
    with pytest.raises(UsageError) as caught:
        ask(ScriptedCluster(tmp_path / "worker"), files, job)
    message = str(caught.value)
    assert "the worker tcp://one refuses the work" in message
    assert f"geoverify {mine.versions.geoverify}, not 0.0.9" in message
    assert f"shapely {mine.versions.libraries['shapely']}, not 1.0" in message


def test_a_worker_with_another_build_of_the_same_version_refuses(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 1)
    other = msgspec.structs.replace(describe_program(), source_digest="0" * 64)
    monkeypatch.setattr(dispatch, "describe_program", lambda: other)
    with pytest.raises(UsageError, match="another build of geoverify"):
        ask(ScriptedCluster(tmp_path / "worker"), files, job)


def test_a_worker_whose_copy_of_the_register_is_another_one_refuses(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker")
    ask(cluster, files, job)
    (copy,) = (tmp_path / "worker" / FOLDER_NAME).rglob("alone.geojson")
    copy.write_bytes(copy.read_bytes().replace(b"Demo", b"Dema"))
    with pytest.raises(UsageError, match=r"alone\.geojson: the copy in .* is another version than this run's"):
        ask(cluster, files, job)


def test_a_worker_with_another_table_beside_the_media_refuses(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    table = tmp_path / "table.csv"
    table.write_text("file,caption\nIMG_00000.jpg,hello\n")
    job = msgspec.structs.replace(job, sidecars=[str(table)])

    def behave(number, _):
        table.write_text("file,caption\n")

    with pytest.raises(UsageError, match=r"table\.csv is another file there"):
        ask(ScriptedCluster(tmp_path / "worker", behave=behave), files, job)


def test_another_register_is_another_parcel(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker")
    ask(cluster, files, job)
    register = Path(job.registers[0])
    register.write_text(json.dumps(json.loads(register.read_text()), indent=1))
    ((_, done),) = ask(cluster, files, job)
    assert cluster.shipped == 2
    assert str(register) in bytes(done.report).decode()
    assert str(tmp_path / "worker") not in bytes(done.report).decode()


def test_a_worker_that_keeps_nothing_ends_the_run(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda *_: reply(lacks_parcel=True))
    with pytest.raises(UsageError, match="keeps nothing of what it is sent"):
        ask(cluster, files, job)
    assert cluster.shipped == dispatch.TRIES


def test_what_came_is_in_the_case_before_the_rest_is_waited_for(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 4)
    for number, path in enumerate(files):
        # No two of one size, so that none is put off.
        path.write_bytes(path.read_bytes() + bytes(number))
    slow: Future[bytes] = Future()
    cluster = ScriptedCluster(tmp_path / "worker", places=1)
    submit = cluster.submit
    kept = []

    def hold_one(order, avoiding):
        if b"IMG_00003".hex().encode() not in order:
            return submit(order, avoiding)
        return slow

    def answer_late(*_, **__):
        kept.append(len(list(list_files(case))))
        assert len(kept) < 20
        # The two of the other order.
        if kept[-1] == 2 and not slow.done():
            slow.set_exception(CancelledError())
            monkeypatch.setattr(cluster, "submit", submit)
        return real_wait(*_, **__)

    real_wait = dispatch.wait
    monkeypatch.setattr(cluster, "submit", hold_one)
    monkeypatch.setattr(dispatch, "wait", answer_late)
    with open_case(tmp_path / "my.gvcase") as case:
        steps = Counter(item.step for item in update_case(case, files, job, ClusterEngine(cluster), Plan()))
    assert steps == {Step.READ: 4}
    assert 2 in kept


def test_a_cluster_without_geoverify_is_told_from_one_that_dies(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda *_: ModuleNotFoundError("No module named 'geoverify'"))
    with pytest.raises(UsageError, match="install the same geoverify on every worker and on the scheduler"):
        ask(cluster, files, job)


def test_a_cluster_without_workers_ends_the_run_after_a_while(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker", places=0)
    monkeypatch.setattr(cluster, "submit", lambda *_: Future())
    monkeypatch.setattr(dispatch, "NO_WORKER_S", 0.0)
    monkeypatch.setattr(dispatch, "LOOK_INTERVAL_S", 0.01)
    with pytest.raises(MissingToolError, match="has had no worker"):
        ask(cluster, files, job)


def test_a_worker_with_a_full_disk_is_avoided_and_costs_no_connection(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 8)
    sick = msgspec.msgpack.encode(Reply(worker="tcp://sick", failed="OSError: No space left on device"))
    cluster = ScriptedCluster(tmp_path / "worker", places=1)
    # Like a real one, it gives nothing to a worker that is to be avoided while there are others.
    cluster.behave = lambda *_: None if "tcp://sick" in cluster.avoided[-1] else sick
    codes = codes_of(ask(cluster, files, job))
    assert codes == {path.name: () for path in files}
    assert cluster.reconnected == 0


def test_where_every_worker_fails_a_file_is_a_row_that_says_why(tmp_path, job, quick):
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker", behave=lambda *_: reply(failed="OSError: \x1b[2J full"))
    ((_, done),) = ask(cluster, files, job)
    assert done.problem_codes == ("worker-lost",)
    report = bytes(done.report).decode()
    assert "tcp://one: OSError: " in report and " full" in report and "u001b" not in report.lower()
    assert (len(cluster.orders), cluster.reconnected) == (dispatch.TRIES, 0)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "s3://key:hunter2@bucket"), "OSError: No space left on device"),
        (ValueError("s3://key:hunter2@bucket"), "ValueError"),
    ],
)
def test_a_worker_tells_what_went_wrong_and_no_secret(tmp_path, job, monkeypatch, error, told):
    def fail(*_, **__):
        raise error

    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker")
    monkeypatch.setattr(worker, "answer_tasks", fail)
    ((_, done),) = ask(cluster, files, job)
    assert f"(tcp://one: {told})" in bytes(done.report).decode()
    assert "hunter2" not in bytes(done.report).decode()


def test_only_what_the_cluster_calls_so_is_a_lost_connection(tmp_path, job, quick, monkeypatch):
    class GoneError(OSError):
        pass

    LostConnection.register(GoneError)
    files = fill(tmp_path / "footage", 1)
    cluster = ScriptedCluster(tmp_path / "worker")
    submit, errors = cluster.submit, [GoneError("gone"), OSError(28, "full")]

    def fail_first(order, avoiding):
        if not errors:
            return submit(order, avoiding)
        future: Future[bytes] = Future()
        future.set_exception(errors.pop(0))
        return future

    monkeypatch.setattr(cluster, "submit", fail_first)
    assert codes_of(ask(cluster, files, job)) == {"IMG_00000.jpg": ()}
    assert cluster.reconnected == 1


def test_a_connection_that_goes_while_a_parcel_is_shipped_ends_no_run(tmp_path, job, quick, monkeypatch):
    files = fill(tmp_path / "footage", 8)
    cluster = ScriptedCluster(tmp_path / "worker")
    ship, failures = cluster.ship, iter([OSError("gone")] * (dispatch.TRIES + 1))

    def fail_often(parcel, sources):
        error = next(failures, None)
        if error is not None:
            raise error
        ship(parcel, sources)

    monkeypatch.setattr(cluster, "ship", fail_often)
    # Several orders are done at once, and all of them lack the parcel.
    assert codes_of(ask(cluster, files, job)) == {path.name: () for path in files}
    assert cluster.reconnected == dispatch.TRIES + 1
