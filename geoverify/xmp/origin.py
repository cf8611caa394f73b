"""What made and changed the file: camera, programs, editing history, and the dates that they wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geoverify.containers.xmp_tree import Node, Properties
from geoverify.model import Camera, CaptureTime, Clock, Finding, Software, TextSnippet, TextSource, TimeMeaning, Who
from geoverify.speech import Speaker, UnusableError
from geoverify.xmp.numbers import parse_time

MAX_EVENTS = 200
# MWG Guidelines 2.0 §5.3: photoshop:DateCreated is EXIF's DateTimeOriginal, xmp:CreateDate is DateTimeDigitized.
_TIMES = (
    ("exif:DateTimeOriginal", TimeMeaning.CAPTURED),
    ("photoshop:DateCreated", TimeMeaning.CAPTURED),
    ("xmpDM:shotDate", TimeMeaning.CAPTURED),
    ("exif:DateTimeDigitized", TimeMeaning.DIGITIZED),
    ("xmp:CreateDate", TimeMeaning.DIGITIZED),
    ("tiff:DateTime", TimeMeaning.MODIFIED),
    ("xmp:ModifyDate", TimeMeaning.MODIFIED),
    ("xmp:MetadataDate", TimeMeaning.MODIFIED),
)
_PROGRAMS = ("xmp:CreatorTool", "tiff:Software", "GPano:CaptureSoftware", "GPano:StitchingSoftware")
_SERIALS = ("exifEX:BodySerialNumber", "aux:SerialNumber", "drone-dji:CameraSerialNumber", "drone-dji:DroneSerialNumber")
_HISTORY = "xmpMM:History"
_DERIVED = "xmpMM:DerivedFrom"

# Namespaces that only a camera's own firmware writes from nothing; editors copy them, and then show in the rest of the packet.
_FIRMWARE_NAMESPACES = ("drone-dji:", "drone-parrot:", "Camera:", "GCamera:", "Container:", "GPano:")
# Phones name their system's version ("14.4.2", "HDR+ 1.0.3456zd"), cameras theirs ("NIKON Z 5 Ver.01.20", "ILCE-7M3 v3.10").
_FIRMWARE_TOOL = re.compile(r"\d+(\.\d+){1,3}|HDR\+ [\w.+-]+|.{1,40}\bVer\.? ?\d+(\.\d+)+\s*|.{1,40} [vV]\d+\.\d+", re.ASCII)
_EDITOR_MARKS = (
    *("adobe", "photoshop", "lightroom", "camera raw", "capture one", "exiftool", "exiv2", "digikam", "darktable", "gimp"),
    *("rawtherapee", "affinity", "luminar", "photo mechanic", "microsoft", "windows", "picasa", "acdsee", "on1", "dxo"),
    *("irfanview", "xnview", "paint.net", "snapseed", "pixelmator", "f-spot", "shotwell", "gthumb", "apple photos", "aperture"),
)
# Toolkits that cameras and phones carry themselves name no program either; these are an editor's or a desktop tool's.
_EDITOR_TOOLKITS = ("image::exiftool", "exempi", "exiv2", "xmp core 4.4.0-exiv2", "public xmp toolkit")


def judge_author(props: Properties, toolkit: str) -> Who:
    """Who could have written the values of a packet: the device only where the packet shows it and no editor.

    An editor rewrites the whole packet whatever it changes in it, and can have typed any value. It leaves an editing history, a
    metadata date or its own name; a packet without these traces that has a firmware's namespaces, or a firmware's version as
    its creator, is the device's own. Everything else counts as an editor's.
    """
    tool = _value(props, "xmp:CreatorTool")
    names = f"{tool} {_value(props, 'tiff:Software')}".lower()
    if _HISTORY in props or "xmp:MetadataDate" in props or toolkit.lower().startswith(_EDITOR_TOOLKITS):
        return Who.EDITOR
    if any(mark in names for mark in _EDITOR_MARKS):
        return Who.EDITOR
    model = _value(props, "tiff:Model")
    is_firmware = bool(tool) and (_FIRMWARE_TOOL.fullmatch(tool) is not None or tool == model)
    if is_firmware or any(name.startswith(_FIRMWARE_NAMESPACES) for name in props):
        return Who.DEVICE
    return Who.EDITOR


def say_times(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the times of capture, digitisation and change; an offset that is not stated stays unknown."""
    for name, meaning in _TIMES:
        text = _value(props, name)
        if text:
            yield from speaker.attempt("time", name, text, parse_time, text, name, Clock.DEVICE, meaning)


def say_origin(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the camera, the programs, the editing history by program, and what the file was made from."""
    make, model = _value(props, "tiff:Make"), _value(props, "tiff:Model")
    serial = next((text for name in _SERIALS if (text := _value(props, name))), "")
    if make or model or serial:
        given = [name for name in ("tiff:Make", "tiff:Model", *_SERIALS) if name in props]
        raw = " / ".join(text for text in (make, model, serial) if text)
        yield speaker.observe(Camera(make=make or None, model=model or None, serial=serial or None), "+".join(given), raw)
    for name in _PROGRAMS:
        text = _value(props, name)
        if text:
            yield speaker.observe(Software(name=text), name, text)
    if _HISTORY in props:
        yield from _say_history(props[_HISTORY], speaker)
    if _DERIVED in props:
        fields = props[_DERIVED].fields
        identifiers = (
            fields[name].value for name in ("stRef:originalDocumentID", "stRef:documentID", "stRef:instanceID") if name in fields
        )
        identifier = next((text for text in identifiers if text), "")
        if identifier:
            yield speaker.observe(TextSnippet(text=f"derived from {identifier}", source=TextSource.TAG), _DERIVED, identifier)


def _say_history(history: Node, speaker: Speaker) -> Iterator[Finding]:
    """The programs of an editing history with what each did, and the time of the last change (XMP part 2, "ResourceEvent")."""
    deeds: dict[str, list[str]] = {}
    latest: CaptureTime | None = None
    raw = ""
    for event in history.items[:MAX_EVENTS]:
        fields = event.fields
        agent, when = _value(fields, "stEvt:softwareAgent"), _value(fields, "stEvt:when")
        if agent:
            deeds.setdefault(agent, []).append(f"{_value(fields, 'stEvt:action')} {when}".strip())
        try:
            time = parse_time(when, _HISTORY, Clock.DEVICE, TimeMeaning.MODIFIED) if when else None
        except UnusableError:
            continue
        # Events stand in the order in which they happened.
        latest, raw = (time, when) if time else (latest, raw)
    for agent, done in deeds.items():
        yield speaker.observe(Software(name=agent), f"{_HISTORY}/stEvt:softwareAgent", "; ".join(done))
    if latest:
        yield speaker.observe(latest, f"{_HISTORY}/stEvt:when", raw)


def _value(fields: dict[str, Node], name: str) -> str:
    return fields[name].value if name in fields else ""
