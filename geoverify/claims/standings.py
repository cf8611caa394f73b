"""How a claim can stand; apart from the rest, as the command line needs the words before anything is loaded."""

from enum import StrEnum


class Standing(StrEnum):
    """How a claim stands; none of these is a person's judgement."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    OPEN = "open"
