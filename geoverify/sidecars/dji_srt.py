"""DJI's flight text in an .SRT file beside the video of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from geoverify.containers.dji_srt import looks_like_flight_text, parse_cues
from geoverify.containers.srt import decode_srt, read_cues
from geoverify.errors import UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Finding
from geoverify.tracks import TrackSource, report_flight

_SUFFIXES = (".SRT", ".srt", ".Srt")
# Flight text has its marks in every cue; a film's subtitles have them in none.
_PROBED_CUES = 32


class DjiSrt:
    """What the drone wrote while it flew: positions, its own local time, the gimbal's direction."""

    name = "dji_srt"
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:  # noqa: ARG002
        """Yield the video's name with the suffix of subtitles."""
        if media_path.stem:
            yield from (media_path.stem + suffix for suffix in _SUFFIXES)

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield track, local time and heading; ordinary subtitles are another format's."""
        text = decode_srt(sidecar.data)
        if not any(looks_like_flight_text(cue.text) for cue in islice(read_cues(text), _PROBED_CUES)):
            raise UnrecognisedError(f"no flight text for {media_path.name}: these are ordinary subtitles")
        yield from report_flight(parse_cues(read_cues(text)), TrackSource(reader=f"sidecars.{self.name}", field="SRT"))


SIDECAR = DjiSrt()
