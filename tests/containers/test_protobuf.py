"""Protocol Buffers without a schema."""

import pytest
from builders.dji import double, message, number, varint

from geoverify.containers.protobuf import MAX_FIELDS, find_double, find_field, to_signed, walk_fields
from geoverify.errors import MalformedError


def test_fields_come_back():
    data = number(1, 300) + message(2, b"text") + double(3, 1.5) + varint(4 << 3 | 5) + b"abcd"
    assert list(walk_fields(data)) == [(1, 300), (2, b"text"), (3, double(3, 1.5)[1:]), (4, b"abcd")]
    assert find_double(data, 3) == 1.5


def test_paths_go_down_nested_messages():
    data = message(3, number(1, 7), message(4, double(2, 0.25)))
    assert find_double(data, 3, 4, 2) == 0.25
    assert find_field(data, 3, 9) is None
    assert find_field(data, 3, 1, 1) is None
    assert find_double(data, 3, 1) is None


@pytest.mark.parametrize("value", [0, 1, -1, 2**62, -(2**63)])
def test_signed_numbers(value):
    ((_, raw),) = walk_fields(number(1, value))
    assert to_signed(raw) == value


@pytest.mark.parametrize(
    "data",
    [b"\x80", b"\x08", b"\x08" + b"\xff" * 11, message(1, b"abc")[:-1], b"\x09abc", b"\x0b", number(1, 0) * (MAX_FIELDS + 1)],
)
def test_what_breaks_the_format_is_refused(data):
    with pytest.raises(MalformedError):
        list(walk_fields(data))
