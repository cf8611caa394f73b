"""SubRip text: numbered cues with a start time, as subtitles and as telemetry beside a video."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

MAX_CUES = 500_000
MAX_CUE_CHARS = 4096
_TIMING = re.compile(r"(\d{1,3}):(\d\d):(\d\d)[,.](\d{1,3})[ \t]*-->[^\n]*")


class Cue(Struct, frozen=True):
    """One cue; `time_s` is `None` in files that leave the timing line out."""

    time_s: float | None
    text: str


def read_cues(text: str) -> Iterator[Cue]:
    """Yield the cues in the order of the file; where no line gives a time, blocks between blank lines are the cues."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    timing = _TIMING.search(text)
    if timing is None:
        for count, block in enumerate(re.split(r"\n[ \t]*\n", text)):
            if count >= MAX_CUES:
                return
            yield Cue(None, block[:MAX_CUE_CHARS])
        return
    for _ in range(MAX_CUES):
        following = _TIMING.search(text, timing.end())
        body = text[timing.end() : following.start() if following else len(text)]
        hours, minutes, seconds, fraction = timing.groups()
        time_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction) / 10 ** len(fraction)
        yield Cue(time_s, (_drop_number_line(body) if following else body)[:MAX_CUE_CHARS])
        if following is None:
            return
        timing = following


def _drop_number_line(body: str) -> str:
    """Take off the number of the next cue, which stands on a line of its own before its time."""
    text, _, last = body.rstrip().rpartition("\n")
    return text if last.strip().isdigit() else body


def decode_srt(data: bytes) -> str:
    """Decode the bytes of a subtitle file: UTF-16 by its byte order mark, else UTF-8 with undecodable bytes escaped."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "backslashreplace")
