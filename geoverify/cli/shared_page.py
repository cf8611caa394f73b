"""What a page to pass on is made of: shared copies of a case's reports, and nothing of the case besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoverify.case.decisions import Decision
    from geoverify.case.store import Case
    from geoverify.pages.outlines import Outlines
    from geoverify.pages.writing import Source
    from geoverify.results import Judgement, Report
    from geoverify.sharing.sharer import Sharer
    from geoverify.tally.sentences import Sentence


def make_shared_source(
    case: Case, paths: Sequence[Path], maker: Sharer, outlines: Outlines
) -> tuple[Source, tuple[Sentence, ...]]:
    """The copies, with the names that they give to files and what people decided of them, and the sentences that count them."""
    from geoverify.casework import read_reports
    from geoverify.cli.exporting import read_judgements
    from geoverify.pages.logbook import Logbook
    from geoverify.pages.writing import Source
    from geoverify.tally.counting import count_rows, rows_of_reports
    from geoverify.tally.sentences import make_sentences

    book = Logbook()
    names: list[Path] = []
    judgements_of = read_judgements(case)

    def gather() -> Iterator[Report]:
        for path, copy in zip(paths, share(), strict=True):
            names.append(Path(copy.media.path))
            decided = list(_decide_again(copy, maker.share_judgements(judgements_of(path))))
            # Copies of the same bytes have the same judgements.
            for decision in decided:
                book.decided[decision.subject] = decided
            yield copy

    def share() -> Iterator[Report]:
        return map(maker.share, read_reports(case, paths))

    tally = count_rows(rows_of_reports(gather()), sites=outlines.sites.values())
    return Source(paths=names, reports=share(), outlines=outlines, book=book), make_sentences(tally, listed=0)


def _decide_again(copy: Report, judgements: Iterable[Judgement]) -> Iterator[Decision]:
    """Shared judgements as a logbook holds them."""
    from geoverify.case.decisions import Confidence, Decision, Likelihood
    from geoverify.results import Call

    for item in judgements:
        yield Decision(
            number=item.entry,
            at=item.at,
            path_hex=copy.media.path.encode().hex(),
            sha256=copy.media.digest.hex if copy.media.digest else None,
            by=item.by,
            site=item.site_code,
            call=None if item.call is None else Call(item.call),
            likelihood=None if item.likelihood is None else Likelihood(item.likelihood),
            confidence=None if item.confidence is None else Confidence(item.confidence),
        )
