"""Registers found again by what reports say of them."""

import msgspec
import pytest
from builders.register import register, site, square, write_register

from geoverify.errors import UsageError
from geoverify.register.load import list_shipped, load_register, resolve_register
from geoverify.register.lookup import find_editions


def info_of(path):
    return load_register(path).infos[0]


def test_a_register_that_lies_where_it_did_is_found_and_a_later_edition_there_is_not(tmp_path):
    path = write_register(tmp_path / "r.geojson", register(site("A")))
    info = info_of(path)
    assert find_editions([info]).paths == (path,)
    write_register(path, register(site("A", square(11, 104)), edition="2"))
    found = find_editions([info])
    assert (found.paths, found.missing, found.load()) == ((), (info,), None)


def test_one_that_is_given_is_found_wherever_it_lies_now(tmp_path):
    path = write_register(tmp_path / "r.geojson", register(site("A")))
    info = info_of(path)
    moved = path.rename(tmp_path / "moved.geojson")
    assert find_editions([info], [str(moved)]).paths == (moved,)
    assert [one.code for one in find_editions([info], [str(moved)]).load().sites] == ["A"]


def test_one_of_another_edition_is_refused(tmp_path):
    path = write_register(tmp_path / "r.geojson", register(site("A")))
    other = write_register(tmp_path / "s.geojson", register(site("A"), edition="2"))
    with pytest.raises(UsageError, match="no report was matched against this edition"):
        find_editions([info_of(path)], [str(other)])


def test_shipped_ones_are_found_whatever_path_they_had_in_the_order_asked_for():
    paths = [resolve_register(name) for name in reversed(list_shipped())]
    infos = [msgspec.structs.replace(info_of(path), path="/gone/r.geojson") for path in paths]
    assert find_editions(infos).paths == tuple(paths)
