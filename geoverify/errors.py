"""Exceptions that reach the user, each with the exit code it ends the program with."""

# What a shell gives for a program that SIGTERM (15) ended: 128 + 15.
EXIT_TERMINATED = 143


class GeoverifyError(Exception):
    """A failure whose message says what, where and what to do next."""

    exit_code = 70


class UsageError(GeoverifyError):
    """The call, or a file that it names as its configuration, is wrong."""

    exit_code = 2


class DamagedError(UsageError):
    """What a case holds of one file cannot be read; the rest of the case can be."""


class RegisterError(UsageError):
    """A register of reference sites cannot be used as it is."""


class NothingReadableError(GeoverifyError):
    """None of the given inputs could be read."""

    exit_code = 3


class MissingToolError(GeoverifyError):
    """A library or program that this step needs is not on the machine."""

    exit_code = 4


class TerminatedError(KeyboardInterrupt):
    """The system, or another program, asked this one to end (SIGTERM); everything that an interrupt does, it does, too."""


class StoppedError(GeoverifyError):
    """The user or the system stopped a run; what was done until then is kept."""

    exit_code = 130

    def __init__(self, message: str = "", by: KeyboardInterrupt | None = None) -> None:
        super().__init__(message)
        self.by = by
        if isinstance(by, TerminatedError):
            self.exit_code = EXIT_TERMINATED


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
