"""What counts can stand side by side by; apart from the rest, as the command line needs the words before anything is loaded."""

from enum import StrEnum


class Axis(StrEnum):
    """What counts can stand side by side by."""

    SOURCE = "source"
    DAY = "day"
    STATUS = "status"
    SITE = "site"
