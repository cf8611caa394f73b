"""Python's notation: what programs print is read back, and nothing is run, unbounded or guessed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.errors import BudgetError, MalformedError
from geoverify.sidecars._literal import MAX_CHARS, MAX_DEPTH, read_literal

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_what_python_prints_is_read_back(value):
    assert read_literal(repr(value)) == _encodable(value)


def _encodable(value):
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return {_encodable(key): _encodable(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    "zone", [None, dt.UTC, dt.timezone(dt.timedelta(hours=7)), dt.timezone(dt.timedelta(hours=-3, minutes=-30))]
)
def test_times_become_iso_8601(zone):
    when = dt.datetime(2024, 1, 17, 4, 5, 6, 789, tzinfo=zone)
    assert read_literal(repr({"a": when})) == {"a": when.isoformat()}
    assert read_literal(repr(when.date())) == "2024-01-17"


def test_other_objects_are_unknown_and_tuples_are_lists():
    assert read_literal("{'a': PosixPath('x'), 'b': (1, 2), 'c': nan, 'd': set(), 'e': tzutc()}") == {
        "a": None,
        "b": [1, 2],
        "c": None,
        "d": None,
        "e": dt.UTC,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a'",
        "{'a': }",
        "[1 2]",
        "1 2",
        "a.b",
        "f(",
        "f(x=",
        "'abc",
        "@",
        "datetime.datetime(2024, 99, 1)",
        "1 + 1",
        "'\\x'",
    ],
)
def test_what_is_no_plain_value_is_refused(text):
    with pytest.raises(MalformedError):
        read_literal(text)


def test_length_and_depth_are_bounded():
    with pytest.raises(BudgetError):
        read_literal("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))
    with pytest.raises(BudgetError):
        read_literal(" " * (MAX_CHARS + 1))
