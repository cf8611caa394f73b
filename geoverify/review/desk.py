"""What the review page shows and takes in: queue, one file's report, pictures, judgements."""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from geoverify.case.decisions import Confidence, Decision, Likelihood, View, decide, group_standing, read_decisions
from geoverify.case.pictures import find_picture, list_picture_folders
from geoverify.case.store import Case, key_of, list_files, look_at_case, open_case
from geoverify.errors import UsageError
from geoverify.media import display_path
from geoverify.model import VisualMatch
from geoverify.places import Register
from geoverify.previews.making import PreviewMaker
from geoverify.previews.worker import NoPreview, PreviewAnswer
from geoverify.register.references import Reference, load_references, photo_path
from geoverify.results import Call
from geoverify.review.queue import QueuedFile, list_queue, name_key

FRAMES, FRAME_SIDE_PX, REFERENCE_SIDE_PX = 8, 1280, 1280
# Files whose pictures are kept in memory, some 1 MB each.
KEPT_FILES = 48
EVIDENCE_PICTURE = re.compile(r"[0-9a-f]{64}\.jpg", re.ASCII)


class Judgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the page sends for a file."""

    by: str
    call: Call
    site: str | None = None
    likelihood: Likelihood | None = None
    confidence: Confidence | None = None
    note: str = ""
    view: View | None = None


class Desk:
    """One case on the desk; safe to ask from several threads."""

    def __init__(
        self, case_file: Path, registers: Sequence[Path], register: Register | None, maker: PreviewMaker, reviewer: str
    ) -> None:
        self.case_file, self.registers, self.register, self.reviewer = case_file, tuple(registers), register, reviewer
        self._maker = maker
        self._lock = threading.Lock()
        self._pictures: OrderedDict[str, PreviewAnswer] = OrderedDict()
        with look_at_case(case_file) as case:
            self._paths = {name_key(path): path for path, *_ in list_files(case)}
            self._picture_folders = list_picture_folders(case)
        self._references: dict[str, tuple[Path, Reference]] = {
            item.digest: (path, item) for path in self.registers for item in load_references(path)
        }

    def queue(self) -> list[QueuedFile]:
        """The files, those that most need a person first."""
        with look_at_case(self.case_file) as case:
            return list_queue(case, self._paths.values(), group_standing(read_decisions(case)))

    def describe(self, key: str, reviewer: str) -> dict[str, Any]:
        """One file: its report and the judgements that `reviewer` may see; raises `UsageError` for a key that is none.

        Others' judgements show only to who has judged, so that two reviews are independent.
        """
        path = self._find(key)
        with look_at_case(self.case_file) as case:
            report = case.read_report(path)
            standing = self._standing(case, path)
        if report is None:
            raise UsageError("this file is to be read again; run match --case first")
        own = any(decision.by.casefold() == reviewer.casefold() for decision in standing)
        references = {}
        for item in report.observations:
            if isinstance(item.value, VisualMatch) and item.value.reference_digest in self._references:
                references[item.value.reference_digest] = self._references[item.value.reference_digest][1]
        names = dict.fromkeys(name for item in report.evidence for name in item.pictures)
        return {
            "key": key,
            "path": display_path(path)[0],
            "report": report,
            "references": references,
            "pictures": [name for name in names if find_picture(self._picture_folders, name) is not None],
            "decisions": standing if own else (),
            "hidden_decisions": 0 if own else len(standing),
        }

    def frames(self, key: str) -> PreviewAnswer:
        """Pictures of a file's frames, made once."""
        path = self._find(key)
        return self._remember(f"file {key}", path, FRAMES, FRAME_SIDE_PX)

    def reference(self, digest: str) -> PreviewAnswer:
        """The picture of a reference photograph; raises `UsageError` for a digest that no register has."""
        known = self._references.get(digest)
        if known is None:
            raise UsageError("no register that is open here has this reference photograph")
        return self._remember(f"reference {digest}", photo_path(*known), 1, REFERENCE_SIDE_PX)

    def evidence_picture(self, name: str) -> bytes:
        """A picture of a match, made by an earlier run behind the walls; raises `UsageError` where it is gone."""
        path = find_picture(self._picture_folders, name) if EVIDENCE_PICTURE.fullmatch(name) else None
        if path is None:
            raise UsageError("this picture is not where the run wrote it; match the file again")
        return path.read_bytes()

    def judge(self, key: str, judgement: Judgement) -> None:
        """Put a judgement into the case's custody log; it is on the disk when this returns."""
        path = self._find(key)
        codes = {site.code for site in self.register.sites} if self.register else set()
        if judgement.site is not None and codes and judgement.site not in codes:
            raise UsageError(f"{judgement.site}: no site of the register that is open here has this code")
        if judgement.call in (Call.CONSISTENT, Call.NOT_THIS_SITE) and judgement.site is None:
            raise UsageError("say of which site: choose one first")
        if judgement.view is not None and not _is_on_earth(judgement.view):
            raise UsageError("the view's position or direction is out of range")
        with self._lock, open_case(self.case_file) as case:
            decide(
                case,
                path,
                judgement.by,
                judgement.note,
                site=judgement.site,
                call=judgement.call,
                likelihood=judgement.likelihood,
                confidence=judgement.confidence,
                view=judgement.view,
            )

    def find_register(self, code: str) -> Path:
        """The file of the register that a site stands in; raises `UsageError` where none has it."""
        title = next((site.register_title for site in self.register.sites if site.code == code), None) if self.register else None
        infos = () if self.register is None else self.register.infos
        path = next((Path(info.path) for info in infos if info.title == title), None)
        if path is None:
            raise UsageError(f"{code}: no site of the register that is open here has this code")
        return path

    def digest_of(self, key: str) -> str | None:
        """The SHA-256 of a file's bytes, where they could be read."""
        with look_at_case(self.case_file) as case:
            row = case.find_file(self._find(key))
        return row.digest.hex if row is not None and row.digest is not None else None

    def _find(self, key: str) -> Path:
        path = self._paths.get(key)
        if path is None:
            raise UsageError("no file of this case has that name; it may be new: start the review again")
        return path

    def _standing(self, case: Case, path: Path) -> tuple[Decision, ...]:
        standing: Mapping[str, tuple[Decision, ...]] = group_standing(read_decisions(case))
        row = case.find_file(path)
        subject = row.digest.hex if row is not None and row.digest is not None else key_of(path).hex()
        return standing.get(subject, ())

    def _remember(self, name: str, path: Path, count: int, side_px: int) -> PreviewAnswer:
        with self._lock:
            if name in self._pictures:
                self._pictures.move_to_end(name)
                return self._pictures[name]
        try:
            answer = self._maker.make(path, count=count, side_px=side_px)
        except OSError as error:
            answer = NoPreview(message=f"cannot be opened ({error.strerror})")
        with self._lock:
            self._pictures[name] = answer
            while len(self._pictures) > KEPT_FILES:
                self._pictures.popitem(last=False)
        return answer


def _is_on_earth(view: View) -> bool:
    values = (view.lat_deg, view.lon_deg, view.heading_deg)
    return all(map(math.isfinite, values)) and abs(view.lat_deg) <= 90 and abs(view.lon_deg) <= 180
