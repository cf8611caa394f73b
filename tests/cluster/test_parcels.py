"""Parcels: what is packed on the client is what a worker has, or it has nothing."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from builders.scenes import SETTINGS

from geoverify.cluster.orders import Parcel, ParcelFile
from geoverify.cluster.parcels import FOLDER_NAME, Shelf, digest_file, pack_parcel, unpack_job
from geoverify.errors import UsageError
from geoverify.worker import Job, ModelUse

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def job(tmp_path):
    """A job with two registers of one name, references, a track log and a network, none of which is what it says."""
    for name in (
        "a/mine.geojson",
        "b/mine.geojson",
        "a/mine.refs/index.gvi",
        "a/mine.refs/references.json",
        "log.gpx",
        "net.onnx",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 10)
    photo = tmp_path / "a" / "mine.refs" / "photos" / "0.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"")
    return Job(
        registers=[str(tmp_path / "a" / "mine.geojson"), str(tmp_path / "b" / "mine.geojson")],
        settings=SETTINGS,
        examined_at=NOW,
        tracks=[str(tmp_path / "log.gpx")],
        references={str(tmp_path / "a" / "mine.refs" / "index.gvi"): "digest"},
        model=ModelUse(kind="disk", path=str(tmp_path / "net.onnx"), digest="digest"),
        wants_pictures=True,
    )


def ship(shelf, parcel, sources, piece_bytes=7):
    for place in shelf.list_missing(parcel):
        data = sources[place].read_bytes()
        for offset in range(0, max(1, len(data)), piece_bytes):
            shelf.receive(parcel, place, offset, data[offset : offset + piece_bytes])


def test_a_worker_has_the_files_of_the_client_under_its_own_paths(tmp_path, job):
    parcel, sources = pack_parcel(job)
    shelf = Shelf(tmp_path / "worker")
    with shelf.open(parcel) as nothing:
        assert nothing is None
    ship(shelf, parcel, sources)
    assert shelf.list_missing(parcel) == []
    with shelf.open(parcel) as folder:
        there = unpack_job(job, folder)
        pairs = [
            *zip(job.registers, there.registers, strict=True),
            *zip(job.references, there.references, strict=True),
            *zip(job.tracks, there.tracks, strict=True),
            (job.model.path, there.model.path),
        ]
        for here, copy in pairs:
            assert Path(copy).is_relative_to(folder)
            assert Path(copy).name == Path(here).name
            assert digest_file(Path(copy)) == digest_file(Path(here))
        (index,) = there.references
        assert sorted(path.name for path in Path(index).parent.rglob("*") if path.is_file()) == [
            *("0.jpg", "index.gvi", "references.json")
        ]
        assert there.called == dict(zip(there.registers, job.registers, strict=True))


def test_photographs_stay_where_no_pictures_are_wanted(job):
    parcel, _ = pack_parcel(msgspec.structs.replace(job, wants_pictures=False))
    assert not any("photos" in file.place for file in parcel.files)


def test_a_file_that_changes_on_its_way_is_not_kept(tmp_path, job):
    parcel, sources = pack_parcel(job)
    shelf = Shelf(tmp_path / "worker")
    (place, *_) = shelf.list_missing(parcel)
    data = sources[place].read_bytes()
    with pytest.raises(UsageError, match="changed on its way"):
        shelf.receive(parcel, place, 0, data[:-1] + b"!")
    assert place in shelf.list_missing(parcel)


@pytest.mark.parametrize("place", ["../x", "0/../../x", "0/..", "/etc/x", "0/photos/../x", "x", "0/a/b"])
def test_no_place_leads_out_of_a_parcel(tmp_path, place):
    parcel = Parcel(files=(ParcelFile(place=place, size_bytes=1, digest="0" * 64),))
    with pytest.raises(UsageError, match="no place of a parcel"):
        Shelf(tmp_path).receive(parcel, place, 0, b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_parcel_that_is_in_use_is_deleted_afterwards(tmp_path, job):
    parcel, sources = pack_parcel(job)
    shelf = Shelf(tmp_path / "worker")
    ship(shelf, parcel, sources)
    with shelf.open(parcel) as folder:
        shelf.drop(parcel.digest)
        assert folder.is_dir()
    assert not folder.exists()
    ship(shelf, parcel, sources)
    shelf.drop(parcel.digest)
    assert not (tmp_path / "worker" / FOLDER_NAME).exists()


def test_nothing_but_a_parcel_is_deleted(tmp_path):
    (tmp_path / FOLDER_NAME / "kept").mkdir(parents=True)
    Shelf(tmp_path).drop("kept")
    Shelf(tmp_path).drop("../..")
    assert (tmp_path / FOLDER_NAME / "kept").is_dir()
