"""MP4, MOV, M4V and 3GP: what the movie box and its metadata say of place, time, device and encoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from geoverify.containers.isobmff import Box
from geoverify.containers.quicktime_meta import PlaceTag, Tag, list_tags
from geoverify.containers.quicktime_movie import Movie, TrackHeader, read_movie, read_top
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.media import ByteSource
from geoverify.model import (
    Camera,
    Finding,
    MediaFile,
    MediaKind,
    Problem,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    VideoInfo,
    Who,
)
from geoverify.readers._quicktime_findings import ANDROID, APPLE, NAME, absent, observe, problem
from geoverify.readers._quicktime_places import read_places, read_views
from geoverify.readers._quicktime_times import read_times

MAX_TAGS = 2048
_MAKE_KEYS = frozenset(("©mak", "@mak", "manu", "make", APPLE + "make", ANDROID + "manufacturer"))
_MODEL_KEYS = frozenset(("©mod", "@mod", "modl", "model", APPLE + "model", ANDROID + "model"))
_ENCODER_KEYS = frozenset(("©too", "©enc", "encoder"))
_ANDROID_VERSION_KEY = ANDROID + "version"
_SOFTWARE_KEYS = _ENCODER_KEYS | {"©swr", "@swr", APPLE + "software", _ANDROID_VERSION_KEY}
_TEXT_KEYS = frozenset(
    (
        *("©nam", "©cmt", "©des", "©inf", "desc", "ldes", "titl", "dscp"),
        *(APPLE + name for name in ("title", "comment", "description", "information")),
    )
)

# Programs that write a file anew and hand on, drop or type in its metadata; in lower case.
_PLATFORM_MARKS = ("produced by google", "twitter", "vimeo", "facebook", "bytedance", "whatsapp", "telegram")
_EDITOR_MARKS = (
    *("lavf", "lavc", "handbrake", "gpac", "l-smash", "bento4", "mainconcept", "adobe", "x264", "x265", "imovie", "final cut"),
    *("davinci", "vegas", "camtasia", "movavi", "capcut", "inshot", "kinemaster", "filmora", "shotcut"),
)


class QuickTimeReader:
    """The boxes of an ISO base media or QuickTime file."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield positions, times, device, encoders, words and the video's figures; damage is a problem of its own."""
        if media.media_type not in MOVIE_TYPES:
            return
        boxes, problems = _list_boxes(source)
        yield from problems
        moov = next((box for box in boxes if box.type == b"moov"), None)
        if moov is None:
            yield _missing_movie(boxes)
            return
        movie = read_movie(source, moov)
        yield from (problem("malformed", message) for message in movie.damage)
        metadata = [(box.type.decode(), box, source) for box in boxes if box.type in (b"meta", b"udta")]
        metadata += [(path, box, movie.source) for path, box in movie.metadata]
        tags: list[Tag | PlaceTag] = []
        for path, box, where in metadata:
            yield from _collect_tags(where, box, path, tags)
        words = [tag for tag in tags if isinstance(tag, Tag)]
        brand = next((source.read(box.offset, 4).decode("latin-1").strip() for box in boxes if box.type == b"ftyp"), "")
        programs = list(_name_programs(words, movie, brand))
        who = _who_wrote(name for _, name in programs)
        yield from read_places(tags, who)
        yield from read_times(words, movie, who)
        yield from _read_cameras(words, who)
        yield from read_views(words, who)
        yield from _read_texts(words)
        for field, name in programs:
            yield observe(Software(name=name), field, name, who)
        yield from _read_video(movie, words, who)


READER = QuickTimeReader()


def _list_boxes(source: ByteSource) -> tuple[tuple[Box, ...], list[Problem]]:
    level = read_top(source)
    problems = [] if level.damage is None else [problem("malformed", str(level.damage))]
    for box in level.sound:
        if box.truncated:
            name = box.type.decode("latin-1")
            problems.append(
                problem("cut-off", f"the {name} box runs over the end (file is cut off); ask for the original or re-download")
            )
    return level.sound, problems


def _missing_movie(boxes: tuple[Box, ...]) -> Problem:
    if any(box.type == b"moof" for box in boxes):
        return problem("no-moov", "no moov box (a later segment of a stream without its first part); ask for the whole file")
    return problem("no-moov", "no moov box (file is cut off); ask for the original or re-download")


def _collect_tags(source: ByteSource, box: Box, path: str, tags: list[Tag | PlaceTag]) -> Iterator[Problem]:
    found = list_tags(source, box, path)
    room = MAX_TAGS - len(tags)
    tags += found.tags[:room]
    if len(found.tags) > room:
        yield problem("too-many-tags", f"{path}: more than {MAX_TAGS} values; the rest is not read")
    elif found.damage:
        yield problem("malformed", f"{path}: {found.damage}")


def _name_programs(tags: Iterable[Tag], movie: Movie, brand: str) -> Iterator[tuple[str, str]]:
    """Field and name of everything that tells who encoded or wrote the file."""
    for tag in tags:
        if tag.key in _SOFTWARE_KEYS:
            yield tag.field, f"Android {tag.value}" if tag.key == _ANDROID_VERSION_KEY else str(tag.value)
    # Every track's handler is named by the same program; the one of pictures speaks for all.
    for track in [movie.video] if movie.video else movie.tracks[:1]:
        for field, name in (("mdia/hdlr name", track.handler_name), ("stsd compressorname", track.compressor)):
            if name:
                yield f"{track.path}/{field}", name
    if brand:
        yield "ftyp major_brand", brand


def _who_wrote(programs: Iterable[str]) -> Who:
    """Who could have written the device's fields.

    A re-encoder copies them from its input, drops them, or writes what its options say, and the file does not tell which: what
    stands in a re-encoded file is no longer the device's own word.
    """
    found = {_judge_program(name) for name in programs}
    if Who.PLATFORM in found:
        return Who.PLATFORM
    return Who.EDITOR if Who.EDITOR in found else Who.DEVICE


# The same few hundred names of programs stand in nearly all footage.
@lru_cache(maxsize=1024)
def _judge_program(name: str) -> Who:
    name = name.lower()
    if any(mark in name for mark in _PLATFORM_MARKS):
        return Who.PLATFORM
    return Who.EDITOR if any(mark in name for mark in _EDITOR_MARKS) else Who.DEVICE


def _read_cameras(tags: list[Tag], who: Who) -> Iterator[Finding]:
    makes: dict[str, Tag] = {}
    models: dict[str, Tag] = {}
    for tag in tags:
        if tag.key in _MAKE_KEYS:
            makes.setdefault(tag.path, tag)
        if tag.key in _MODEL_KEYS:
            models.setdefault(tag.path, tag)
    for path in dict.fromkeys((*makes, *models)):
        given = [found[path] for found in (makes, models) if path in found]
        make, model = (str(found[path].value) if path in found else None for found in (makes, models))
        raw = " / ".join(str(tag.value) for tag in given)
        yield observe(Camera(make=make, model=model), f"{path}/{', '.join(tag.key for tag in given)}", raw, who)


def _read_texts(tags: Iterable[Tag]) -> Iterator[Finding]:
    for tag in tags:
        # People write these words, and a downloader copies the uploader's caption into them.
        if tag.key in _TEXT_KEYS and isinstance(tag.value, str):
            yield observe(TextSnippet(text=tag.value, source=TextSource.TAG), tag.field, tag.value, Who.UPLOADER)


def _read_video(movie: Movie, tags: Iterable[Tag], who: Who) -> Iterator[Finding]:
    track = movie.video
    if track is None:
        yield absent("video", Reason.NOT_PRESENT, "the movie box has no track of pictures")
        return
    writer = next((str(tag.value) for tag in tags if tag.key in _ENCODER_KEYS), None)
    info = VideoInfo(
        duration_s=movie.duration_s,
        fps=_frame_rate(track),
        frame_count=track.sample_count,
        width_px=track.width_px,
        height_px=track.height_px,
        rotation_deg=track.rotation_deg,
        codec=track.format or None,
        writer=writer,
    )
    shape = "" if track.matrix[0] * track.matrix[3] >= track.matrix[1] * track.matrix[2] else ", mirrored"
    raw = f"{track.width_px}×{track.height_px} {track.format}, matrix {' '.join(f'{part:g}' for part in track.matrix)}{shape}"
    yield observe(info, f"{track.path}, moov/mvhd", raw, who)


def _frame_rate(track: TrackHeader) -> float | None:
    """Frames per second on average: samples over the media's own duration."""
    if track.media is None or not track.media.duration_s or not track.sample_count:
        return None
    return track.sample_count / track.media.duration_s
