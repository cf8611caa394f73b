"""Google Takeout's photographs: `NAME.ext.json` or `NAME.ext.supplemental-metadata.json`, cut at 51 characters.

Google documents neither the names nor the fields; the rules are those that users of its exports agree on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from geoverify.errors import UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import (
    Absent,
    Finding,
    Position,
    Post,
    Problem,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.sidecars._fields import Fields
from geoverify.sidecars._files import show_name
from geoverify.sidecars._json import members_of
from geoverify.sidecars._statements import observe, read_position, say_instant, say_place, say_post, say_words

_MAX_NAME_CHARS = 51
_SUFFIX = ".supplemental-metadata"
_NUMBER = re.compile(r"(.*?)(\(\d{1,4}\))")
# An edited copy has the original's file; the word is in the language of the account.
_EDITED = (
    "-edited",
    "-bearbeitet",
    "-bewerkt",
    "-editat",
    "-edytowane",
    "-effects",
    "-ha editado",
    "-mix",
    "-modificato",
    "-modifié",
    "-smile",
    "-編集済み",
)
# A live or motion photo's clip has the still picture's file.
_CLIPS = frozenset({".mov", ".mp4", ".mp", ".mv"})
_STILLS = (".HEIC", ".heic", ".JPG", ".jpg", ".JPEG", ".jpeg")
_SAME_DEG = 1e-6


class Takeout:
    """What Google Photos knew of a picture when it was exported: the owner can have changed its date, place and words."""

    name = "takeout"
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:
        """Yield the names that an export may have given, the number of a repeated name before or after the extension."""
        names = [*_sidecar_names(media_path.stem, media_path.suffix), *_cut_otherwise(media_path, folder)]
        # The rules are a guess each: once one is right, the rest are other pictures' files.
        found = next((name for name in names if name in folder), None)
        yield from dict.fromkeys(names) if found is None else (found,)

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield date, places, words and origin, unless the file's own title shows that it belongs to another picture."""
        members = members_of(sidecar)
        if "photoTakenTime" not in members and not ({"title", "geoData"} <= members.keys()):
            raise UnrecognisedError("it has no photoTakenTime")
        fields = Fields(members, "sidecars.takeout", show_name(sidecar.path))
        title = fields.text("title")
        if title is not None and not _belongs(title, media_path):
            message = f"{fields.file}: it is the file of {title!r} and not of {show_name(media_path)}; its values are not used"
            yield Problem(code="sidecar-mismatch", message=message, where="sidecars.takeout.title")
            return
        if title is not None:
            yield observe(fields, ("title",), TextSnippet(text=title, source=TextSource.FILENAME), Who.UPLOADER)
        yield from say_post(fields, ("url",), Post(platform="google photos", url=fields.text("url", 4096)))
        yield from say_words(fields, "description")
        # The camera's date, but the owner can change it, and where the camera states no zone Google guesses one.
        yield from say_instant(fields.child("photoTakenTime"), "timestamp", TimeMeaning.CAPTURED, who=Who.UPLOADER)
        yield from say_instant(fields.child("creationTime"), "timestamp", TimeMeaning.SAVED)
        yield from _say_places(fields)
        yield from _say_origin(fields)
        yield from fields.take_problems()


def _say_places(fields: Fields) -> Iterator[Finding]:
    # geoDataExif is Google's copy of the camera's own fix. geoData is that too, or the owner's correction of it, or Google's
    # estimate from other data; the file does not say which, so the least reliable of the three is named as its author.
    exif = _read_place(fields.child("geoDataExif"))
    given = _read_place(fields.child("geoData"))
    if isinstance(exif, Position):
        raw = fields.raw("geoDataExif") + ("; geoData is the same" if _is_same(exif, given) else "")
        yield observe(fields, ("geoDataExif",), exif, Who.DEVICE, raw)
    elif exif is not None:
        yield exif
    if not _is_same(exif, given):
        yield from say_place(fields, ("geoData",), None, given, Who.UPLOADER)


def _read_place(fields: Fields) -> Position | Absent | None:
    place = read_position(fields, "latitude", "longitude", "altitude")
    if isinstance(place, Absent) and place.reason is Reason.NULL_ISLAND:
        detail = f"{fields.file}: {fields.name('latitude')} and longitude are 0/0, which is how Takeout says that there is none"
        return Absent(what="position", reason=Reason.NOT_PRESENT, detail=detail, reader=fields.reader)
    return place


def _is_same(exif: Position | Absent | None, given: Position | Absent | None) -> bool:
    if not isinstance(exif, Position) or not isinstance(given, Position):
        return False
    return abs(exif.lat_deg - given.lat_deg) < _SAME_DEG and abs(exif.lon_deg - given.lon_deg) < _SAME_DEG


def _say_origin(fields: Fields) -> Iterator[Finding]:
    # "WhatsApp Images" as the phone's folder says that the owner did not take the picture.
    upload = fields.child("googlePhotosOrigin").child("mobileUpload")
    folder = upload.child("deviceFolder")
    name = folder.text("localFolderName")
    if name is not None:
        yield observe(folder, ("localFolderName",), TextSnippet(text=name, source=TextSource.TAG), Who.UPLOADER)
    source = fields.child("appSource")
    package = source.text("androidPackageName")
    if package is not None:
        yield observe(source, ("androidPackageName",), Software(name=package), Who.PLATFORM)


def _sidecar_names(stem: str, suffix: str) -> Iterator[str]:
    for original, number in _originals(stem, suffix):
        for ending in (suffix, *(_STILLS if suffix.lower() in _CLIPS else ()), ""):
            yield from _cut(original + ending, number)
        if suffix.lower() in _CLIPS:
            yield from _cut(f"{original}{suffix}.jpg", number)


def _originals(stem: str, suffix: str) -> Iterator[tuple[str, str]]:
    """The original's stem and number: IMG(1) is a name of its own or the second IMG, IMG-edited(1) is the second IMG's copy."""
    yield stem, ""
    match = _NUMBER.fullmatch(stem)
    bare, number = (match[1], match[2]) if match else (stem, "")
    if number:
        yield bare, number
    for word in _EDITED:
        if bare.endswith(word):
            yield bare.removesuffix(word), number
    # In a name that was cut the word may be cut too.
    if len(stem) + len(suffix) >= _MAX_NAME_CHARS - 4:
        end = bare.rfind("-")
        if end > 0 and any(word.startswith(bare[end:]) for word in _EDITED):
            yield bare[:end], number


def _cut(name: str, number: str) -> Iterator[str]:
    # The number stands after what is left of the name; whether it counts towards the 51 characters differs between exports.
    room = _MAX_NAME_CHARS - len(".json")
    for full in (name + _SUFFIX, name):
        yield f"{full[:room]}{number}.json"
        if number:
            yield f"{full[: room - len(number)]}{number}.json"


def _cut_otherwise(media_path: Path, folder: Folder) -> Iterator[str]:
    # Names that are not ASCII are cut at other lengths: any beginning of the suffix will do where all of the name is there.
    for original, number in _originals(media_path.stem, media_path.suffix):
        start, end = f"{original}{media_path.suffix}.", f"{number}.json"
        for name in folder.starting_with(start):
            if name.endswith(end) and _SUFFIX.startswith(name[len(start) - 1 : -len(end)]):
                yield name


def _belongs(title: str, media_path: Path) -> bool:
    # Takeout writes _ for characters that file systems refuse, and cuts long names.
    titles = {_fold(title), _fold(Path(title).stem)}
    is_cut = len(media_path.name) >= _MAX_NAME_CHARS - 4
    for original, _ in _originals(media_path.stem, media_path.suffix):
        names = {_fold(original), _fold(original + media_path.suffix)}
        if names & titles or (is_cut and any(name.startswith(_fold(original)) for name in titles)):
            return True
    return False


def _fold(name: str) -> str:
    return re.sub(r"[\W_]", "_", unicodedata.normalize("NFC", name))


SIDECAR = Takeout()
