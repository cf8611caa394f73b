"""Exceptions that reach the user, each with the exit code it ends the program with."""


class GeoverifyError(Exception):
    """A failure whose message says what, where and what to do next."""

    exit_code = 70


class UsageError(GeoverifyError):
    """The call, or a file that it names as its configuration, is wrong."""

    exit_code = 2


class RegisterError(UsageError):
    """A register of reference sites cannot be used as it is."""


class NothingReadableError(GeoverifyError):
    """None of the given inputs could be read."""

    exit_code = 3


class MissingToolError(GeoverifyError):
    """A library or program that this step needs is not on the machine."""

    exit_code = 4


class StoppedError(GeoverifyError):
    """The user stopped a run; what was done until then is kept."""

    exit_code = 130


class MediaError(GeoverifyError):
    """One input cannot be opened as footage; `code` is the report's problem code."""

    exit_code = 3

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MalformedError(ValueError):
    """Bytes break the format that they claim to be in; a reader turns this into a `Problem`."""


class UnrecognisedError(MalformedError):
    """A file is not in the format that its reader knows; another reader may know it."""


class BudgetError(MalformedError):
    """A file asks for more reads, bytes or nesting than any honest file of its kind."""
