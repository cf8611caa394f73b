"""The words of a page, one catalogue a language (`locales/`, a JSON file each), and its way to write numbers and dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from geoverify.errors import UsageError
from geoverify.text import escape_controls

KILOMETRE_M = 1000.0
_FOLDER = resources.files(__package__) / "locales"
# A text, or one a plural form (CLDR: one, many, other …) that `count` chooses from.
Message = str | dict[str, str]


class Catalogue:
    """One language: its messages and its way to write figures; a key that it lacks is a bug, not an empty place."""

    def __init__(self, language: str, messages: Mapping[str, Message]) -> None:
        self.language = language
        self.messages = messages
        # The words of a language may serve several countries; the figures follow one.
        self.locale = str(messages["locale"])
        self._locale = Locale.parse(self.locale, sep="-")

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self._locale.text_direction)

    def text(self, key: str, **values: object) -> str:
        """The message with its places filled in; figures are written as the language does, and `count` chooses the plural."""
        message = self.messages[key]
        if not isinstance(message, str):
            count = values["count"]
            assert isinstance(count, int)
            message = self.choose(message, count)
        return message.format(**{name: self._show(value) for name, value in values.items()})

    def choose(self, forms: dict[str, str], count: int) -> str:
        """The plural form for a count."""
        return forms.get(str(self._locale.plural_form(count))) or forms["other"]

    def word(self, value: str) -> str:
        """A word of the data model in this language."""
        return self.text(f"word.{value}")

    def channel(self, name: str) -> str:
        """A channel's name; one that the catalogue does not know yet goes by its own."""
        key = f"channel.{name}"
        return self.text(key) if key in self.messages else name.replace("_", " ")

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with at most so many decimals."""
        return str(format_decimal(value, "#,##0." + "#" * decimals if decimals else "#,##0", locale=self._locale))

    def ratio(self, log10_lr: float) -> str:
        """A log10 likelihood ratio with its sign and two decimals."""
        return str(format_decimal(log10_lr, "+0.00;\u22120.00", locale=self._locale))

    def times(self, log10_lr: float) -> str:
        """How many times likelier, to two figures."""
        factor = 10.0 ** abs(log10_lr)
        if factor < 10.0:
            return self.number(factor, 1)
        step = 10 ** (len(str(int(factor))) - 2)
        return self.number(round(factor / step) * step)

    def percent(self, share: float) -> str:
        """A share in per cent."""
        return str(format_percent(share, locale=self._locale))

    def distance(self, distance_m: float) -> str:
        """A distance in metres, and from a kilometre on in kilometres."""
        if distance_m < 10.0:
            return f"{self.number(distance_m, 1)}\u00a0m"
        if distance_m < KILOMETRE_M:
            return f"{self.number(distance_m)}\u00a0m"
        return f"{self.number(distance_m / KILOMETRE_M, 1 if distance_m < 100 * KILOMETRE_M else 0)}\u00a0km"

    def coordinates(self, lat_deg: float, lon_deg: float) -> str:
        """Degrees with a point, as maps and searches take them in every language."""
        return f"{lat_deg:.6f}, {lon_deg:.6f}"

    def day(self, day: dt.date) -> str:
        """A day."""
        return str(format_date(day, "medium", locale=self._locale))

    def month(self, day: dt.date) -> str:
        """The month of a day."""
        return str(format_skeleton("yMMM", day, locale=self._locale))

    def moment(self, moment: dt.datetime) -> str:
        """A day and time to the second as written, in whatever zone that was."""
        return str(format_datetime(moment.replace(tzinfo=None), "medium", locale=self._locale))

    def minute(self, moment: dt.datetime) -> str:
        """A day and time to the minute as written."""
        return f"{self.day(moment.date())}, {format_time(moment, 'short', locale=self._locale)}"

    def instant(self, moment: dt.datetime) -> str:
        """A day and time in UTC."""
        return f"{self.moment(moment.astimezone(dt.UTC))} UTC"

    def _show(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self.number(value, 0 if isinstance(value, int) else 2)


def list_languages() -> list[str]:
    """The languages that there is a catalogue for."""
    return sorted(entry.name.removesuffix(".json") for entry in _FOLDER.iterdir() if entry.name.endswith(".json"))


@cache
def load_catalogue(language: str) -> Catalogue:
    """The catalogue of a language by its BCP 47 tag; raises `UsageError` where there is none."""
    if language not in list_languages():
        known = ", ".join(list_languages())
        raise UsageError(f"--lang {escape_controls(language)}: no words in this language; there are: {known}")
    data = (_FOLDER / f"{language}.json").read_bytes()
    return Catalogue(language, msgspec.json.decode(data, type=dict[str, Message]))
