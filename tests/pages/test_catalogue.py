import datetime as dt
import string
from collections.abc import Iterator
from enum import Enum
from typing import get_args, get_type_hints

import pytest

from geoverify.case.decisions import Confidence, Likelihood
from geoverify.channels import all_channels
from geoverify.errors import UsageError
from geoverify.model import CaptureTime, Clock, Position, Track, Value, Who
from geoverify.pages.catalogue import Catalogue, list_languages, load_catalogue
from geoverify.places import FootprintKind
from geoverify.results import Basis, Call, PrecisionClass, VerdictKind

LANGUAGES = list_languages()
ENGLISH = load_catalogue("en")


def places_in(message: object) -> set[str]:
    forms = message.values() if isinstance(message, dict) else [message]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(str(form)) if name}


def test_there_are_english_and_french() -> None:
    assert {"en", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_says_the_same_things_with_the_same_places(language: str) -> None:
    words = load_catalogue(language)
    assert words.messages.keys() == ENGLISH.messages.keys()
    for key, message in words.messages.items():
        assert places_in(message) == places_in(ENGLISH.messages[key]), key
        assert isinstance(message, dict) == isinstance(ENGLISH.messages[key], dict), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_the_forms_that_its_language_needs(language: str) -> None:
    words = load_catalogue(language)
    for count in (0, 1, 2, 5, 21, 100, 1_000_000):
        assert words.text("counts.files", count=count)
    for key, message in words.messages.items():
        if isinstance(message, dict):
            assert "other" in message, key


def needed_keys() -> Iterator[str]:
    for kind in get_args(Value):
        yield f"value.{kind.__struct_config__.tag}"
        if kind in (CaptureTime, Track):
            continue
        for name in kind.__struct_fields__:
            if not (kind is Position and name in ("lat_deg", "lon_deg")):
                yield f"field.{name}"
    # Values hold structures of their own; their members are named one by one too.
    nested = {kind for value in get_args(Value) for hint in get_type_hints(value).values() for kind in (hint, *get_args(hint))}
    for kind in nested:
        if hasattr(kind, "__struct_fields__") and kind is not Position:
            yield from (f"field.{name}" for name in kind.__struct_fields__)
    yield from (f"word.{who.value}" for who in Who)
    yield from (f"clock.{clock.value}" for clock in Clock)
    yield from (f"{part}.{kind.value}" for kind in VerdictKind for part in ("verdict", "short", "headline", "meaning"))
    yield from (f"basis.{basis.value}" for basis in Basis)
    yield from (f"precision.{name.value}" for name in PrecisionClass)
    yield from (f"kind.{kind.value}" for kind in FootprintKind)
    yield from (f"decisions.call.{call.value}" for call in Call)
    yield from (f"confidence.{word.value}" for word in Confidence)
    yield from (f"likelihood.{word.name.lower()}" for word in Likelihood)
    yield from (f"channel.{channel.name}" for channel in all_channels())


def test_nothing_in_the_data_model_is_without_a_word() -> None:
    assert {key for key in needed_keys() if key not in ENGLISH.messages} == set()


def test_every_enum_in_a_value_has_its_words() -> None:
    import geoverify.model as model

    told_otherwise = {"MediaKind", "Clock", "Reason"}
    enums = [item for item in vars(model).values() if isinstance(item, type) and issubclass(item, Enum)]
    kinds = [item for item in enums if item.__name__ not in told_otherwise and len(item) > 0]
    assert {f"word.{member.value}" for kind in kinds for member in kind} <= ENGLISH.messages.keys()


def test_numbers_and_dates_follow_the_language() -> None:
    french = load_catalogue("fr")
    moment = dt.datetime(2025, 10, 3, 15, 52, 8, tzinfo=dt.UTC)
    assert ENGLISH.number(1234.5, 1) == "1,234.5"
    assert french.number(1234.5, 1) == "1\u202f234,5"
    assert ENGLISH.ratio(-1.5) == "−1.50"
    assert french.ratio(2.25) == "+2,25"
    assert ENGLISH.day(moment.date()) == "3 Oct 2025"
    assert french.day(moment.date()) == "3 oct. 2025"
    assert ENGLISH.distance(12_345.0) == "12.3\u00a0km"
    assert french.text("counts.files", count=1) == "1 fichier"
    assert french.text("counts.files", count=2) == "2 fichiers"


@pytest.mark.parametrize(("log10_lr", "shown"), [(0.3, "2"), (1.73, "54"), (-2.52, "330"), (3.0, "1,000")])
def test_a_ratio_is_told_to_two_figures(log10_lr: float, shown: str) -> None:
    assert ENGLISH.times(log10_lr) == shown


def test_an_unknown_language_names_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="there are: en, fr"):
        load_catalogue("tlh")


def test_a_language_that_runs_from_right_to_left_says_so() -> None:
    assert Catalogue("ar", {"locale": "ar"}).direction == "rtl"
    assert ENGLISH.direction == "ltr"
