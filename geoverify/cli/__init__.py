"""The command line: parse, call, print; nothing else. A command imports what is heavy inside its function."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import geoverify
from geoverify.cli import (
    case,
    case_summary,
    claim,
    custody,
    discover,
    doctor,
    doubles,
    export,
    html_report,
    inspect,
    match,
    refs,
    rematch,
    review,
    show,
    sites,
    statements,
    sun,
    verify_report,
)
from geoverify.cli.addresses import refuse_urls
from geoverify.cli.placing import describe_write_error
from geoverify.cli.registers import name_copies
from geoverify.errors import EXIT_TERMINATED, GeoverifyError, TerminatedError, UsageError
from geoverify.text import escape_controls

EXIT_BUG = 70
# What a shell gives for a program that SIGPIPE (13) ended: 128 + 13.
EXIT_PIPE_CLOSED = 141
DEBUG_VARIABLE = "GEOVERIFY_DEBUG"
OUT_OF_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _PipeClosedError(Exception):
    """Whoever read the output has stopped reading."""


class _EndedError(Exception):
    """The program was asked to end."""


class _Program(TyperGroup):
    """The group of commands; what the library would end with a code of its own passes it by: a closed pipe, and SIGTERM."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _PipeClosedError from error
        except TerminatedError as error:
            raise _EndedError from error


# Rich markup would read brackets in hostile text as styles, and its tracebacks cost 200 ms at every start.
app = typer.Typer(name="geoverify", cls=_Program, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(match.match)
app.command()(inspect.inspect)
app.command()(export.export)
app.command()(show.show)
app.add_typer(sites.app, name="sites")
app.add_typer(case.app, name="case")
app.add_typer(custody.app, name="custody")
app.command()(doubles.doubles)
app.command("report")(html_report.write_report)
app.command("verify-report")(verify_report.verify_report)
app.command()(discover.discover)
app.command()(rematch.rematch)
app.add_typer(refs.app, name="refs")
app.command()(review.review)
app.command()(sun.sun)
app.command()(claim.claim)
app.command()(case_summary.summary)
app.command()(statements.statements)
app.command()(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geoverify {geoverify.__version__}")
        raise typer.Exit


@app.callback()
def describe(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Match footage to reference sites: scored, explained, offline."""


def run(args: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 a finding under --fail-on, 2 usage, 3 nothing readable, 4 a missing tool, 70 a bug.

    Takes `sys.argv` where `args` is not given. An interrupt exits with 130, a closed pipe with 141, SIGTERM with 143. A failure
    is one line on stderr; the traceback of a bug is printed only with `GEOVERIFY_DEBUG=1` in the environment.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot write a site's name in its script gets escapes instead of a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            refuse_urls(sys.argv[1:] if args is None else args)
            with _heeded_termination():
                app(args, prog_name="geoverify")
        finally:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.flush()
    except GeoverifyError as error:
        _fail(name_copies(str(error)), error.exit_code)
    except (_EndedError, TerminatedError):
        _fail("terminated", EXIT_TERMINATED)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except (_PipeClosedError, BrokenPipeError):
        _abandon_stdout()
        sys.exit(EXIT_PIPE_CLOSED)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OUT_OF_ROOM:
            _abandon_stdout()
            _fail(describe_write_error("standard output", error), UsageError.exit_code)
        if os.environ.get(DEBUG_VARIABLE) == "1":
            raise
        _fail(
            f"internal error ({type(error).__name__}: {error}); run it again with {DEBUG_VARIABLE}=1 and report what it prints",
            EXIT_BUG,
        )


@contextmanager
def _heeded_termination() -> Iterator[None]:
    """SIGTERM, which Slurm, systemd and Kubernetes send, stops a run as Ctrl-C does; who had it ignored keeps it so."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    raise TerminatedError


def _fail(message: str, exit_code: int) -> None:
    typer.echo(f"geoverify: {escape_controls(message)}", err=True)
    sys.exit(exit_code)


def _abandon_stdout() -> None:
    # What is still buffered would fail again, and noisily, when the interpreter ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
