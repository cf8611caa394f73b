"""Files built for the benchmark of metadata, where ExifTool itself is no truth: sidecars' hemispheres, points without a fix."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import metadata_exiftool as exiftool
from builders.gpmf import gopro_track, gps5_stream, gps9_stream, payload
from builders.movies import build_movie
from builders.xmp import build_packet
from metadata_cost import open_undigested

from geoverify.model import Absent, Observation, Position, Reason, Track
from geoverify.readers import read_findings
from geoverify.sidecars import read_sidecars

LAT, LON = 33.4518557, 70.6504661
JPEG = b"\xff\xd8\xff\xd9"
# Valid-looking coordinates, as a receiver without a fix writes them.
PACIFIC = (-14.123, -170.6, 0.0)
PLACE = (11.0654, 106.1329, 14.5)
NO_FIX_POINTS = 18


def compare_sidecars() -> bool:
    """Print how many sidecars with separate references are put into the right hemisphere; return whether all are."""
    print("\nXMP sidecars with separate GPSLatitudeRef and GPSLongitudeRef, built in four hemispheres and four notations")
    right = theirs = total = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (lat, lon, props) in enumerate(_list_sidecars()):
            media, sidecar = Path(folder, f"{number}.jpg"), Path(folder, f"{number}.xmp")
            media.write_bytes(JPEG)
            sidecar.write_bytes(build_packet(props))
            found = [item.value for item in read_sidecars(media).findings if isinstance(item, Observation)]
            positions = [(value.lat_deg, value.lon_deg) for value in found if isinstance(value, Position)]
            total += 1
            right += any(_is_near(position, (lat, lon)) for position in positions)
            if exiftool.is_installed():
                (record,) = exiftool.ask([sidecar], ("XMP:GPSLatitude", "XMP:GPSLongitude"))
                answer = tuple(record.get(f"XMP-exif:GPS{axis}") for axis in ("Latitude", "Longitude"))
                theirs += _is_near(answer, (lat, lon))
    note = f"; ExifTool {theirs}" if exiftool.is_installed() else ""
    print(f"  right: this tool {right} of {total} (bar all){note}{'' if right == total else '  MISSED'}")
    return right == total


def _list_sidecars() -> Iterator[tuple[float, float, dict[str, str]]]:
    for south, west in ((False, False), (False, True), (True, False), (True, True)):
        lat_ref, lon_ref = "NS"[south], "EW"[west]
        refs = {"exif:GPSLatitudeRef": lat_ref, "exif:GPSLongitudeRef": lon_ref}
        lat_minutes, lon_minutes = (LAT % 1) * 60, (LON % 1) * 60
        for lat, lon in (
            (f"{LAT}", f"{LON}"),
            (f"{LAT}", f"{LON}00000"),
            (f"{int(LAT)},{lat_minutes:.6f}", f"{int(LON)},{lon_minutes:.6f}"),
            (f"{int(LAT)},{lat_minutes:.6f}{lat_ref}", f"{int(LON)},{lon_minutes:.6f}{lon_ref}"),
        ):
            yield -LAT if south else LAT, -LON if west else LON, {"exif:GPSLatitude": lat, "exif:GPSLongitude": lon, **refs}


def _is_near(one: tuple[object, ...], other: tuple[float, float]) -> bool:
    return all(isinstance(a, float) and abs(a - b) < 1e-6 for a, b in zip(one, other, strict=True))


def compare_fixes() -> bool:
    """Print how many GoPro points without a fix are flagged, in files with and without good ones; return whether all are."""
    print("\nGoPro points without a fix (GPSF 0, dilution 99.99), built: each must be flagged, and none may be a position")
    bad = gps5_stream([PACIFIC] * NO_FIX_POINTS, fix=0, dop=99.99)
    bad_9 = gps9_stream([(*PACIFIC, 8781, 16212.0, 99.99, 0)] * NO_FIX_POINTS)
    good = gps5_stream([PLACE] * NO_FIX_POINTS)
    built = {
        "GPS5 alone": [bad],
        "GPS5 before good ones": [bad, good],
        "GPS9 alone": [bad_9],
        "GPS9 before good ones": [bad_9, good],
    }
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, streams) in enumerate(built.items()):
            path = Path(folder, f"{number}.mp4")
            path.write_bytes(build_movie(gopro_track([payload(stream) for stream in streams])))
            with open_undigested(path) as (media, source):
                findings = read_findings(media, source)
            flagged = sum(
                _count_points(item.detail) for item in findings if isinstance(item, Absent) and item.reason is Reason.NO_FIX
            )
            tracks = [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, Track)]
            given = [point.position for track in tracks for point in track.points]
            false = sum(_is_near((point.lat_deg, point.lon_deg), PACIFIC[:2]) for point in given)
            is_right = flagged == NO_FIX_POINTS and not false
            met &= is_right
            note = f"; ExifTool -ee gives {_ask_exiftool(path)} of them as positions" if exiftool.is_installed() else ""
            shown = f"{flagged} of {NO_FIX_POINTS} flagged, {false} given as positions{note}"
            print(f"  {name:24}{shown}{'' if is_right else '  MISSED'}")
    return met


def _count_points(detail: str) -> int:
    match = re.search(r"(\d+) of \d+ points", detail)
    return int(match[1]) if match else 0


def _ask_exiftool(path: Path) -> int:
    """How many of the points ExifTool prints as latitudes; its own GPSMeasureMode beside them says that there was no fix."""
    command = ["exiftool", "-ee", "-a", "-n", "-s3", "-GPSLatitude", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return sum(abs(float(line) - PACIFIC[0]) < 1e-6 for line in lines)
