"""The files that a run writes of its reports; an older one is replaced only by a whole new one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from geoverify.cli.placing import Place, Target, check_targets, identify, open_place
from geoverify.errors import StoppedError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.interfaces import Background, Sink
    from geoverify.results import Judgement, Report
    from geoverify.sharing.sharer import Sharer

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class _Output:
    exporter: str
    place: Place
    sink: Sink | None = None


class Outputs:
    """The outputs of one run, to be used as a context; what is not finished when it ends leaves older outputs as they were."""

    def __init__(
        self, targets: Sequence[Target], *, case_files: Iterable[Path], inputs: Iterable[Path] = (), excel: bool, share: bool
    ) -> None:
        """Raises `UsageError` for a target that must not be written to."""
        self._targets = targets
        self._excel = excel
        self._share = share
        self._outputs: list[_Output] = []
        self._background: Background | None = None
        self._sharer: Sharer | None = None
        check_targets(targets, case_files=case_files, inputs=inputs)

    def prepare(self, background: Background, sharer: Sharer | None) -> None:
        """Say what outputs may show beside the reports, and how these are reduced where the outputs are to be passed on."""
        self._background, self._sharer = background, sharer

    def __enter__(self) -> Outputs:
        try:
            for target in self._targets:
                self._outputs.append(_Output(target.format, open_place(target, is_private=not self._share)))
        except UsageError:
            self._discard()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Raises `StoppedError` in the place of an interrupt."""
        self._discard()
        if isinstance(error, KeyboardInterrupt):
            whole = "each output is whole, the older or the new one"
            raise StoppedError(
                f"stopped while the reports were written out; {whole}; run the same command again", by=error
            ) from error

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        """Write a report to every output; raises `UsageError` where the disk is full or an output is a sidecar of the file."""
        if not self._outputs:
            return
        from geoverify.exports import all_exporters
        from geoverify.interfaces import NO_BACKGROUND

        self._refuse_sidecars(report)
        if self._sharer is not None:
            report, judgements = self._sharer.share(report), self._sharer.share_judgements(judgements)
        for output in self._outputs:
            with output.place.explain_failure():
                if output.sink is None:
                    if self._excel and output.exporter.startswith("csv"):
                        output.place.stream.write(BYTE_ORDER_MARK)
                    exporter = all_exporters()[output.exporter]
                    output.sink = exporter.start(output.place.stream, self._background or NO_BACKGROUND)
                output.sink.add(report, judgements)

    def finish(self) -> None:
        """Put every output that got a report in its place; all are written to their end before the first is."""
        for output in self._outputs:
            with output.place.explain_failure():
                if output.sink is not None:
                    output.sink.finish()
            output.place.finish()
        for output in self._outputs:
            if output.sink is not None:
                output.place.settle()

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file that is in its place, by its name."""
        found = ((output.place.target, output.place.find_digest()) for output in self._outputs)
        return {target.name: digest for target, digest in found if target is not None and digest is not None}

    def _refuse_sidecars(self, report: Report) -> None:
        if not report.sidecars:
            return
        media = report.media
        path = Path(os.fsdecode(bytes.fromhex(media.path_bytes_hex)) if media.path_bytes_hex else media.path)
        for use in report.sidecars:
            beside = identify(path.parent / use.path)
            for output in self._outputs:
                if output.place.target is not None and beside & identify(output.place.target):
                    told = f"describes {escape_controls(media.path)} and would be lost; write to another file"
                    raise UsageError(f"{output.place.shown}: {told}")

    def _discard(self) -> None:
        for output in self._outputs:
            if output.sink is not None:
                # Whatever fails here has failed before, and has been told.
                with suppress(Exception):
                    output.sink.close()
            output.place.discard()
