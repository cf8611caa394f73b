"""What a run's readings and reports rest on: registers, settings, versions; when these change, files are read or weighed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geoverify import __version__
from geoverify.case.custody import Kind
from geoverify.case.store import Case
from geoverify.register.references import digest_records
from geoverify.vision.ocr import installed_versions
from geoverify.worker import Job

# Raised when what is stored of a reading no longer says all that a reader of today would: then files are read anew.
READING_FORMAT = 4
# The same of words in pictures alone: then files that were searched for words are read anew.
WORDS_FORMAT = 2
# The same of what is made of a reading: then files are weighed anew.
WEIGHING_FORMAT = 2
_LIBRARIES = ("c2pa-python", "exifread", "msgspec", "numpy", "opencv-python", "pyproj", "shapely")


def describe_basis(job: Job) -> str:
    """A digest of what turns a reading into a report: registers, settings, and the versions of what weighs."""
    registers = (digest_file(Path(path)) for path in job.registers)
    libraries = (f"{name} {_version(name)}" for name in _LIBRARIES)
    offset = f"{job.clock_offset_s}"
    return digest_texts([__version__, f"weighing {WEIGHING_FORMAT}", job.settings.digest().hex, offset, *registers, *libraries])


def describe_reading(job: Job) -> str:
    """What the reading of bytes depends on, beside the bytes."""
    settings = job.settings
    compared = [f"{settings.match_frame_count} frames", f"{settings.default_field_of_view_deg:g}°", *job.references.values()]
    figures = (settings.learned_frame_count, settings.learned_reference_count, settings.learned_least_places)
    compared += [] if job.model is None else [job.model.kind, job.model.digest, " ".join(map(str, figures))]
    # What is known of the photographs beside their pixels: where they were taken, and in which direction.
    compared += [digest_records(Path(path).parent) for path in job.references]
    pictures = f", compared by {digest_texts(compared)}" if job.references else ""
    prints = f"{settings.print_frame_count} prints"
    return f"format {READING_FORMAT}, {settings.keyframe_count} key frames, {prints}{pictures}{_describe_ocr(job)}"


def _describe_ocr(job: Job) -> str:
    if not job.reads_words:
        return ""
    versions = (f"{name} {found}" for name, found in installed_versions().items())
    settings = job.settings
    searched = f"words (format {WORDS_FORMAT}) of {settings.ocr_frame_count} frames from {settings.min_ocr_confidence:g} on"
    return f", {searched} by {', '.join(versions)}"


def log_run(case: Case, kind: Kind, job: Job, body: dict[str, Any]) -> None:
    """Put a run into the custody log: with which tool, libraries, registers and settings."""
    case.log(
        kind,
        {
            "geoverify": __version__,
            "libraries": {name: _version(name) for name in _LIBRARIES},
            "registers": {Path(path).name: digest_file(Path(path)) for path in job.registers},
            "references": {f"{Path(path).parent.name}/{Path(path).name}": digest for path, digest in job.references.items()},
            "models": {} if job.model is None else {job.model.kind: job.model.digest},
            "settings_sha256": job.settings.digest().hex,
            **body,
        },
    )


def digest_file(path: Path) -> str:
    """The SHA-256 of a file of the user's, such as a register."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_texts(texts: Iterable[str]) -> str:
    """One SHA-256 of several texts, none of which holds a NUL."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


@cache
def _version(name: str) -> str:
    # A machine without system libraries has the headless build under another name.
    for candidate in (name, f"{name}-headless"):
        try:
            return version(candidate)
        except PackageNotFoundError:
            continue
    return "not installed"
