"""How right and how dear the reading of metadata is, beside exifread alone and ExifTool, on real files with known answers.

    python benchmarks/metadata.py [--shared DIR] [--rounds N] [--skip-cost]

Prints truth, agree, wrong and missing for each field and program, then CPU seconds per 1,000 files, images and video apart
(opening and digesting the files is not counted). The exit code is 1 where a bar is missed or a reader fails.

The truth is what ExifTool 13.58 reads. A position of 0/0 counts as agreed where it is reported as "unknown" (null island).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from metadata_fields import KNOWN, MEASURES, Measure, Values

from geoverify.media import HEAD_BYTES, ByteSource, sniff_type
from geoverify.model import Finding, MediaFile, MediaKind, Problem
from geoverify.readers import all_readers, read_findings

ROOT = Path(__file__).resolve().parent.parent
EXIFREAD_LIMIT_S = 20
EXIFTOOL_TAGS = (
    *("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSImgDirection", "GPSDateStamp"),
    *("GPSTimeStamp", "GPSHPositioningError", "GPSCoordinates", "LocationInformation", "LocationAccuracyHorizontal", "Make"),
    *(
        "Model",
        "Software",
        "DateTimeOriginal",
        "CreateDate",
        "ModifyDate",
        "OffsetTimeOriginal",
        "OffsetTime",
        "SubSecTimeOriginal",
    ),
    *("FocalLengthIn35mmFormat", "Orientation", "ImageWidth", "ImageHeight", "CreationDate", "ImageDescription"),
)
# Readers that decode pictures do more than any reader of metadata, and are not compared with one.
DECODERS = {"frames", "keyframes", "opencv", "stream", "streams", "video"}


@contextmanager
def open_undigested(path: Path) -> Iterator[tuple[MediaFile, ByteSource]]:
    """A file as the readers get it, without its digest."""
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        kind, media_type = sniff_type(os.pread(fd, HEAD_BYTES, 0))
        yield MediaFile(path=str(path), kind=kind, media_type=media_type, size_bytes=size, digest=None), ByteSource(fd, size)
    finally:
        os.close(fd)


def ask_exifread(path: Path) -> dict[str, Any]:
    """What exifread reads of a file alone, under a time limit."""
    import exifread

    def stop(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(EXIFREAD_LIMIT_S)
    try:
        with path.open("rb") as file:
            return dict(exifread.process_file(file, details=False))
    except Exception:  # whatever it raises, it has not answered
        return {}
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def run_exiftool(paths: list[Path], *options: str) -> list[dict[str, Any]]:
    """What ExifTool reads of many files in one run."""
    names = "".join(f"{path}\n" for path in paths)
    command = ["exiftool", "-j", "-n", "-G1", *options, *(f"-{tag}" for tag in EXIFTOOL_TAGS), "-@", "-"]
    done = subprocess.run(command, input=names, capture_output=True, text=True, check=False)
    records: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return records


def judge(measure: Measure, answers: dict[str, Values], truths: dict[str, Any], excused: set[str]) -> tuple[int, int, int]:
    """Count agreeing, wrong and missing answers, the excused files left out."""
    agree = wrong = missing = 0
    for name, truth in truths.items():
        if name in excused:
            continue
        values = answers.get(name, [])
        if any(measure.same(value, truth) for value in values):
            agree += 1
        elif values:
            wrong += 1
        else:
            missing += 1
    return agree, wrong, missing


def compare(folder: Path, truth: dict[str, dict[str, Any]]) -> bool:
    """Print the table of fields and what differs; return whether every bar is met."""
    ours: dict[str, list[Finding]] = {}
    for name in truth:
        with open_undigested(folder / name) as (media, source):
            ours[name] = read_findings(media, source)
    failed = [
        (name, item)
        for name, findings in ours.items()
        for item in findings
        if isinstance(item, Problem) and item.code == "reader-failed"
    ]
    theirs = {name: ask_exifread(folder / name) for name in truth}
    tool: dict[str, dict[str, Any]] = {}
    if shutil.which("exiftool"):
        records = run_exiftool([folder / name for name in truth])
        tool = {str(Path(record["SourceFile"]).relative_to(folder)): record for record in records}
    title = "ExifTool" if tool else "ExifTool: not installed"
    print(f"{'field':22}{'truth':>6}   {'this tool':>22}   {'exifread alone':>22}   {title:>22}")
    print(f"{'':22}{'':6}" + f"   {'agree':>8}{'wrong':>6}{'missing':>8}" * 3)
    met, notes = not failed, []
    for measure in MEASURES:
        truths = {name: value for name, record in truth.items() if (value := measure.truth(record)) is not None}
        known = {name: why for (field, name), why in KNOWN.items() if field == measure.name and name in truths}
        answers = {name: measure.ours(ours[name]) for name in truths}
        agree, wrong, missing = judge(measure, answers, truths, set(known))
        columns = [(agree, wrong, missing)]
        columns.append(judge(measure, {name: measure.exifread(theirs[name]) for name in truths}, truths, set()))
        columns.append(judge(measure, {name: measure.exiftool(tool.get(name, {})) for name in truths}, truths, set()))
        cells = "".join(f"   {a:8}{w:6}{m:8}" for a, w, m in columns)
        judged = len(truths) - len(known)
        share = agree / judged if judged else 1.0
        is_met = measure.bar is None or (share >= measure.bar and not (measure.no_wrong and wrong))
        met &= is_met
        bar = (
            f"   {share:7.1%} of {judged} (bar {measure.bar:.0%}{', 0 wrong' if measure.no_wrong else ''})" if measure.bar else ""
        )
        print(f"{measure.name:22}{len(truths):6}{cells}{bar}{'' if is_met else '  MISSED'}")
        notes += [f"known difference: {measure.name}: {name}: {why}" for name, why in known.items()]
        for name, value in truths.items():
            if name not in known and not any(measure.same(answer, value) for answer in answers[name]):
                notes.append(f"differs: {measure.name}: {name}: truth {value!r}, ours {answers[name]!r}")
    for name, item in failed:
        notes.append(f"failed: {name}: {item.where}: {item.message}")
    disputes = [name for name, found in ours.items() if any(getattr(item, "code", "") == "witnesses-disagree" for item in found)]
    notes.append(f"files on which the two EXIF decoders disagree: {', '.join(disputes) or 'none'}")
    print("\n" + "\n".join(notes))
    return met


def cost(folder: Path, truth: dict[str, dict[str, Any]], rounds: int) -> None:
    """Print CPU seconds per 1,000 files of our readers, exifread alone and ExifTool, images and video apart."""
    groups: dict[tuple[str, MediaKind], list[Path]] = {
        ("images", MediaKind.IMAGE): [],
        ("JPEG alone", MediaKind.IMAGE): [],
        ("video", MediaKind.VIDEO): [],
    }
    for name in truth:
        with open_undigested(folder / name) as (media, _):
            for (label, kind), paths in groups.items():
                if media.kind is kind and (label != "JPEG alone" or media.media_type == "image/jpeg"):
                    paths.append(folder / name)
    for (label, kind), paths in groups.items():
        scale = 1000.0 / len(paths)
        readers = [reader for reader in all_readers() if kind in reader.kinds]
        runs = [_time_readers(readers, paths) for _ in range(rounds)]
        spent = {reader.name: min(run[reader.name] for run in runs) * scale for reader in readers}
        own = min(sum(seconds for name, seconds in run.items() if name not in DECODERS) for run in runs) * scale
        print(f"\nCPU seconds per 1,000 files: {label} ({len(paths)} files, best of {rounds})")
        print(f"  {'this tool, all readers':26}{own:8.2f}   ({', '.join(f'{name} {s:.2f}' for name, s in spent.items())})")
        if kind is MediaKind.IMAGE:
            alone = min(_time_exifread(paths) for _ in range(rounds)) * scale
            print(f"  {'exifread alone':26}{alone:8.2f}   ({alone / own:.1f} × ours)")
        if shutil.which("exiftool"):
            start_up = min(_time_exiftool([]) for _ in range(rounds))
            whole = min(_time_exiftool(paths) for _ in range(rounds))
            tool = (whole - start_up) * scale
            print(f"  {'ExifTool -fast2':26}{tool:8.2f}   ({tool / own:.1f} × ours; start-up of {start_up:.2f} s not counted)")


def _time_readers(readers: list[Any], paths: list[Path]) -> dict[str, float]:
    seconds = dict.fromkeys((reader.name for reader in readers), 0.0)
    for path in paths:
        # One source for all readers, as in the program: what one finds out of a file's structure serves the next.
        with open_undigested(path) as (media, source):
            for reader in readers:
                start = time.process_time()
                with suppress(Exception):  # a failure is reported with the fields; here only time counts
                    for _ in reader.read(media, source):
                        pass
                seconds[reader.name] += time.process_time() - start
    return seconds


def _time_exifread(paths: list[Path]) -> float:
    start = time.process_time()
    for path in paths:
        ask_exifread(path)
    return time.process_time() - start


def _time_exiftool(paths: list[Path]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_exiftool(paths, "-fast2")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Compare, then measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-cost", action="store_true")
    options = parser.parse_args()
    folder = options.shared / "corpora" / "metadata"
    if not (folder / "truth.json").is_file():
        print(f"{folder}: no truth.json; give the folder of real media with --shared", file=sys.stderr)
        return 2
    truth: dict[str, dict[str, Any]] = json.loads((folder / "truth.json").read_text("utf-8"))
    met = compare(folder, truth)
    if not options.skip_cost:
        cost(folder, truth, options.rounds)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
