"""“freeGPS” blocks of dashcams on Novatek and similar chips: a satellite reading in a 32 kB block, one a second.

No maker publishes the layouts; they are those that the public has worked out (sergei.nz for the Viofo A119, the comments of
ExifTool's reader for the others). Blocks whose angles are scrambled are named as such and never turned into positions.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from geoverify.containers.fixes import Fix, resolution_from_decimals, utc_from_parts
from geoverify.containers.nmea import read_epochs
from geoverify.errors import MalformedError

MARK = b"freeGPS "
# Every known layout stands within this many bytes of a block's start.
READ_BYTES = 1024
_SCRAMBLED = b"LIGOGPSINFO"
# ASCII under the mask 0xAA, after two bytes of its own: the sign of the masked text of Ambarella and Azdome cameras.
_MASKED_HEADS = (b"\xf2\xe1\xf0\xeeTT", b"\xaa\xaa\xaa\xaaTT")
_MASKED_TEXT = re.compile(rb"([NS])(\d\d)(\d{2})(\d{4})([EW])(\d{3})(\d{2})(\d{4})")
# “$GPRMC,” with 16 added to each character.
_SHIFTED_RMC = b"4W`b]S<"


class Layout(NamedTuple):
    """Offsets in a block: the clock's year, month, day, hour, minute, second, the three letters, the two angles."""

    clock: tuple[int, int, int, int, int, int]
    status: int
    north: int
    east: int
    lat: int
    lon: int
    form: str
    is_clock_utc: bool = True


# The status letter is A (fix) or V (none); angles are DDDMM.MMMM as 32- or 64-bit floats, or 1e-7 degrees as integers.
_LAYOUTS = (
    Layout((60, 64, 68, 48, 52, 56), 72, 73, 74, 76, 80, "f"),
    # Some cameras of this layout write their local time with the full year.
    Layout((28, 32, 36, 16, 20, 24), 40, 41, 42, 44, 48, "f", is_clock_utc=False),
    Layout((68, 72, 76, 80, 84, 88), 64, 65, 66, 96, 92, "f"),
    Layout((88, 92, 96, 48, 52, 56), 60, 68, 76, 64, 72, "f"),
    Layout((112, 116, 120, 48, 52, 56), 60, 72, 88, 64, 80, "d"),
    Layout((80, 84, 88, 16, 20, 24), 28, 40, 56, 32, 48, "d"),
)
_LAYOUT_1E7 = Layout((60, 64, 68, 48, 52, 56), 72, 73, 74, 76, 80, "i")


def read_block(block: bytes, time_s: float) -> Iterator[Fix]:
    """Yield the readings of one block, all at `time_s`.

    Raises `MalformedError` where the layout is not known or the angles are scrambled.
    """
    if _SCRAMBLED in block:
        raise MalformedError("the positions are scrambled (LIGOGPSINFO)")
    epochs = [epoch.to_fix(time_s) for epoch in read_epochs(block)]
    if not epochs and block[60:67] == _SHIFTED_RMC:
        # Without its checksum nothing would show that the text was scrambled in another way as well.
        shifted = bytes(byte - 16 if byte >= 16 else 0 for byte in block[60:200])
        epochs = [epoch.to_fix(time_s) for epoch in read_epochs(shifted, need_checksum=True)]
    if epochs:
        yield from epochs
        return
    if is_masked_text(block[18:]):
        fix = read_masked_text(block[18:], time_s)
        if fix is not None:
            yield fix
        return
    layouts = (_LAYOUT_1E7,) if block[16:19] == b"IQS" else _LAYOUTS
    for layout in layouts:
        fix = _read_layout(block, layout, time_s)
        if fix is not None:
            yield fix
            return
    raise MalformedError("the layout of the block is not known")


def is_masked_text(payload: bytes) -> bool:
    """Whether bytes are the masked text of Ambarella-based dashcams."""
    return payload[2:8] in _MASKED_HEADS


def read_masked_text(payload: bytes, time_s: float) -> Fix | None:
    """The position in text under the mask 0xAA: date, hemisphere letters, DDMMmmmm and DDDMMmmmm; `None` before a fix.

    Which zone its clock has is not known, so that the time is left out.
    """
    text = bytes(byte ^ 0xAA for byte in payload[:128])
    match = _MASKED_TEXT.match(text, 38)
    if match is None:
        return None
    north, lat, lat_minutes, lat_part, east, lon, lon_minutes, lon_part = match.groups()
    lat_deg = int(lat) + (int(lat_minutes) + int(lat_part) / 1e4) / 60.0
    lon_deg = int(lon) + (int(lon_minutes) + int(lon_part) / 1e4) / 60.0
    if int(lat_minutes) >= 60 or int(lon_minutes) >= 60:
        return None
    return Fix(
        time_s=time_s,
        lat_deg=-lat_deg if north == b"S" else lat_deg,
        lon_deg=-lon_deg if east == b"W" else lon_deg,
        fixed=lat_deg != 0.0 or lon_deg != 0.0,
        resolution_m=resolution_from_decimals(4) / 60.0,
    )


def _read_layout(block: bytes, layout: Layout, time_s: float) -> Fix | None:
    if len(block) < max(layout.lat, layout.lon, *layout.clock) + 8:
        return None
    status, north, east = block[layout.status], block[layout.north], block[layout.east]
    if status not in b"AV" or north not in b"NS" or east not in b"EW":
        return None
    # The three letters stand together with a NUL after them; another byte there marks a scrambled relative of the layout.
    if layout.east == layout.status + 2 and block[layout.status + 3] != 0:
        return None
    when = _read_clock(block, layout)
    if when is None:
        return None
    lat, lat_step_m = _read_angle(block, layout.lat, layout.form)
    lon, lon_step_m = _read_angle(block, layout.lon, layout.form)
    fixed = status == ord("A")
    if fixed and not (0.0 < lat <= 90.0 and 0.0 < lon <= 180.0):
        # A fix without angles in this place is a relative of the layout that keeps them elsewhere, scrambled.
        return None
    return Fix(
        time_s=time_s,
        lat_deg=-lat if north == ord("S") else lat,
        lon_deg=-lon if east == ord("W") else lon,
        fixed=fixed,
        resolution_m=max(lat_step_m, lon_step_m),
        utc=when if layout.is_clock_utc else None,
    )


def _read_clock(block: bytes, layout: Layout) -> dt.datetime | None:
    year, month, day, hour, minute, second = (int.from_bytes(block[at : at + 4], "little") for at in layout.clock)
    if 100 <= year < 2000 or year > 2099:
        return None
    return utc_from_parts(year + 2000 if year < 100 else year, month, day, hour, minute, second)


def _read_angle(block: bytes, at: int, form: str) -> tuple[float, float]:
    """An angle without its sign, and the step of its notation in metres; NaN where it is no angle."""
    if form == "i":
        return abs(struct.unpack_from("<i", block, at)[0]) / 1e7, resolution_from_decimals(7)
    value = float(struct.unpack_from(f"<{form}", block, at)[0])
    if not 0.0 <= value < 18_100.0:
        return math.nan, 0.0
    minutes = value % 100.0
    if minutes >= 60.0:
        return math.nan, 0.0
    # 23 and 52 bits stand behind the leading one of the number's binary form.
    step_minutes = 2.0 ** (math.frexp(value)[1] - 1 - (23 if form == "f" else 52)) if value else 0.0
    return value // 100.0 + minutes / 60.0, step_minutes * 1853.25
