"""NMEA 0183 sentences."""

from __future__ import annotations


def sentence(body: str, *, checksum: int | None = None) -> str:
    """A sentence with its checksum, or with another one."""
    total = 0
    for char in body:
        total ^= ord(char)
    return f"${body}*{total if checksum is None else checksum:02X}\r\n"


def angle(degrees: float, width: int, letters: str) -> str:
    """Degrees as dddmm.mmmmm and a hemisphere."""
    value = abs(degrees)
    whole = int(value)
    return f"{whole:0{width}d}{(value - whole) * 60:08.5f},{letters[0] if degrees >= 0 else letters[1]}"


def rmc(
    time: str, lat: float, lon: float, *, date: str = "160124", status: str = "A", mode: str = "A", talker: str = "GN"
) -> str:
    """Recommended minimum data; date is ddmmyy."""
    return sentence(f"{talker}RMC,{time},{status},{angle(lat, 2, 'NS')},{angle(lon, 3, 'EW')},0.5,88.1,{date},,,{mode}")


def gga(time: str, lat: float, lon: float, *, quality: int = 1, dop: float = 1.2, alt: float = 14.5, talker: str = "GN") -> str:
    """Fix data."""
    place = f"{angle(lat, 2, 'NS')},{angle(lon, 3, 'EW')}"
    return sentence(f"{talker}GGA,{time},{place},{quality},09,{dop},{alt},M,-6.0,M,,")
