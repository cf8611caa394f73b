"""DJI drones: the angles of aircraft and gimbal at the start, in the movie's user data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geoverify.containers.outline import read_outline
from geoverify.containers.quicktime_meta import split_international_text
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.geo import wrap_angle_deg
from geoverify.media import ByteSource
from geoverify.model import Absent, Finding, Heading, MediaFile, MediaKind, North, Observation, Provenance, Reason, Who

NAME = "dji_udta"
MAX_TEXT_BYTES = 256
# QuickTime user data of DJI's models (ExifTool's tag tables list them): the gimbal carries the camera, so its yaw is the heading.
_GIMBAL_YAW = b"\xa9gyw"
_FLIGHT = (b"\xa9fpt", b"\xa9fyw", b"\xa9frl", b"\xa9gpt", b"\xa9grl")
_ANGLE = re.compile(r"[-+]?\d{1,3}(\.\d{1,6})?")


class DjiUdtaReader:
    """The camera's heading from `©gyw`, with the other angles as its raw value."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield the heading that the gimbal had when the recording began."""
        if media.media_type not in MOVIE_TYPES:
            return
        angles: dict[bytes, str] = {}
        for box in read_outline(source).user_data:
            if box.type in (_GIMBAL_YAW, *_FLIGHT) and box.size_bytes <= MAX_TEXT_BYTES:
                for text in split_international_text(source.read(box.offset, box.size_bytes)):
                    angles.setdefault(box.type, text)
        if _GIMBAL_YAW in angles:
            yield _read_heading(angles)


READER = DjiUdtaReader()


def _read_heading(angles: dict[bytes, str]) -> Finding:
    text = angles[_GIMBAL_YAW].strip()
    match = _ANGLE.fullmatch(text)
    if match is None or abs(float(text)) > 360.0:
        detail = f"©gyw: {text[:40]!r} is no angle"
        return Absent(what="heading", reason=Reason.NOT_A_NUMBER, detail=detail, reader=NAME)
    raw = " ".join(f"{key.decode('mac_roman')}={value[:20]}" for key, value in sorted(angles.items()))
    return Observation(
        value=Heading(angle_deg=wrap_angle_deg(float(text)), north=North.TRUE),
        provenance=Provenance(reader=NAME, field="moov/udta/©gyw", raw=raw, who=Who.DEVICE),
    )
