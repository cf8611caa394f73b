"""ExifTool as the benchmark of metadata runs it: the tags that it is asked for, its answers, and what they cost."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Position, time, direction and make: what the comparison is about.
CORE_TAGS = (
    *("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSDateStamp", "GPSTimeStamp"),
    *("GPSImgDirection", "GPSHPositioningError", "GPSCoordinates", "LocationInformation", "LocationAccuracyHorizontal"),
    *("DateTimeOriginal", "CreateDate", "ModifyDate", "OffsetTimeOriginal", "OffsetTime", "SubSecTimeOriginal", "CreationDate"),
    *("ContentCreateDate", "DateCreated", "City", "Sub-location", "Province-State", "Country-PrimaryLocationName", "State"),
    *("Country", "CountryCode", "Location", "LocationShownCountryCode", "GimbalYawDegree", "Rotation", "Make", "Model"),
    *("Software", "FocalLengthIn35mmFormat", "Orientation", "ImageWidth", "ImageHeight", "ImageDescription"),
)
# What the readers report beside that, under ExifTool's names.
READ_TAGS = (
    *CORE_TAGS,
    *("GPSAltitudeRef", "GPSStatus", "GPSMeasureMode", "GPSDOP", "GPSMapDatum", "GPSProcessingMethod", "GPSAreaInformation"),
    *("GPSImgDirectionRef", "GPSDestBearing", "GPSDestBearingRef", "GPSDateTime", "OffsetTimeDigitized", "SubSecTime"),
    *("SubSecTimeDigitized", "TimeZoneOffset", "MetadataDate", "TimeCreated", "DigitalCreationDate", "DigitalCreationTime"),
    *("TrackCreateDate", "MediaCreateDate", "FileModifyDate", "SerialNumber", "ProcessingSoftware", "CreatorTool", "XMPToolkit"),
    *("HistoryAction", "HistoryWhen", "HistorySoftwareAgent", "DerivedFromDocumentID", "OriginatingProgram", "ProgramVersion"),
    *("Encoder", "HandlerDescription", "CompressorName", "CompressorID", "MajorBrand", "MinorVersion", "CompatibleBrands"),
    *("FocalLength", "FocalPlaneXResolution", "FocalPlaneYResolution", "FocalPlaneResolutionUnit", "DigitalZoomRatio"),
    *("ExifImageWidth", "ExifImageHeight", "GimbalPitchDegree", "FlightYawDegree", "RelativeAltitude", "AbsoluteAltitude"),
    *("PoseHeadingDegrees", "PosePitchDegrees", "Artist", "Copyright", "UserComment", "XPTitle", "XPComment", "XPAuthor"),
    *("XPKeywords", "XPSubject", "Title", "Description", "Comment", "Subject", "Keywords", "Headline", "Instructions"),
    *("SpecialInstructions", "Credit", "Source", "Creator", "By-line", "Caption-Abstract", "ObjectName"),
    *("Country-PrimaryLocationCode", "LocationCreatedCity", "LocationShownCity", "EncodingProcess", "ColorComponents"),
    *("YCbCrSubSampling", "MicroVideoOffset", "DirectoryItemLength", "Duration", "MediaDuration", "VideoFrameRate"),
    *("FileType", "MIMEType"),
)


def is_installed() -> bool:
    """Whether there is an ExifTool to compare with."""
    return shutil.which("exiftool") is not None


def ask(paths: Sequence[Path], tags: Sequence[str], *options: str) -> list[dict[str, Any]]:
    """What ExifTool reads of many files in one run, by group and tag."""
    command = ["exiftool", "-j", "-n", "-G1", *options, *(f"-{tag}" for tag in tags), "-@", "-"]
    names = "".join(f"{path}\n" for path in paths)
    done = subprocess.run(command, input=names, capture_output=True, text=True, check=False)
    records: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return records


def time_ask(paths: Sequence[Path], tags: Sequence[str]) -> float:
    """CPU seconds, of user and system, of one such run with -fast2."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ask(paths, tags, "-fast2")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def version() -> str:
    """ExifTool's version."""
    return subprocess.run(["exiftool", "-ver"], capture_output=True, text=True, check=False).stdout.strip()
