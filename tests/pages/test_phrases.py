"""Sentences taken apart: what fits, what fits in two ways and therefore not at all, and that it never takes long."""

import contextlib

import pytest

from geoverify.pages.phrases import AmbiguousError, Template, close_parts


def take_apart(template: str, sentence: str, **closed: str) -> dict[str, str] | None:
    return Template(template, closed).take_apart(sentence)


def test_what_stands_in_the_places_comes_out() -> None:
    template = "{field} names {site:code}, {far:distance} away (score {score:int})"
    assert take_apart(template, "caption names A1, 2.5 km away (score 97)") == {
        "field": "caption",
        "site": "A1",
        "far": "2.5 km",
        "score": "97",
    }
    assert take_apart("from {at:moment} on", "from 2026-01-17 09:00:00 on") == {"at": "2026-01-17 09:00:00"}
    assert take_apart("nothing at all", "nothing at all") == {}


@pytest.mark.parametrize(
    "sentence",
    ["caption names A, 3 km away!", " caption names A", "caption names A, 3 miles away", "caption names A, three km away", ""],
)
def test_what_does_not_fit_is_nothing(sentence: str) -> None:
    assert take_apart("caption names {site}, {far:distance} away", sentence) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "caption says “x”; that is B”; that is A",
        "caption says “a says “x”; that is A",
        "caption says “x”; that is A”; that is A",
    ],
)
def test_a_text_that_speaks_like_the_tool_makes_the_sentence_ambiguous(sentence: str) -> None:
    template = "{field} says “{quote}”; that is {site}"
    assert take_apart(template, "caption says “x”; that is A") is not None
    with pytest.raises(AmbiguousError):
        take_apart(template, sentence)


def test_codes_hold_no_further_words_of_a_sentence() -> None:
    assert take_apart("the nearest is {site:code}", "the nearest is A, 2 km away") is None
    assert take_apart("the nearest is {site:code}", "the nearest is Compound A") == {"site": "Compound A"}


def test_parts_of_words_and_figures_are_closed_and_others_are_not() -> None:
    closed = close_parts({"likeness": ["match", "matches"], "span": ["{n:int} s", "{n:number} days"], "of": ["of {site}"]})
    assert closed.keys() == {"likeness", "span"}
    assert take_apart("it {how:likeness} {what}", "it matches this", **closed) == {"how": "matches", "what": "this"}
    assert take_apart("after {span:span}", "after 2.5 days", **closed) == {"span": "2.5 days"}


@pytest.mark.parametrize("template", ["{first}{second}", "{first}{count:int} files"])
def test_a_template_in_which_nothing_tells_where_a_place_begins_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="no words tell where"):
        Template(template, {})


@pytest.mark.parametrize("text", [" is ", "1" * 20, " is 1", "a is b is ", "9 is 9 km is "])
def test_matching_never_goes_back(text: str) -> None:
    template = Template("{a} is {b} is {c} is {d} is {e:int} and {f:distance} off", {})

    # A text of this length would never end if matching went back.
    with contextlib.suppress(AmbiguousError):
        assert template.take_apart(text * (400_000 // len(text)) + " and 3 km off") is None
