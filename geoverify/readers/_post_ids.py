"""Post and media numbers of platforms that carry the time at which the platform made them."""

from __future__ import annotations

import base64
import binascii
import datetime as dt

# Snowflake's own epoch: 41 bits of milliseconds above 22 bits of machine and sequence (Twitter's published Snowflake service).
X_EPOCH_MS = 1_288_834_974_657
X_SHIFT = 22
# Instagram's numbers: 41 bits of milliseconds above 13 bits of shard and 10 of sequence ("Sharding & IDs at Instagram", 2012);
# the epoch in use was found from dated posts ("Estimating the Instagram Epoch", WS-DL, Old Dominion University, 2021-02-20).
INSTAGRAM_EPOCH_MS = 1_314_220_021_721
INSTAGRAM_SHIFT = 23
# TikTok's and Douyin's numbers: seconds since 1970 in the upper 32 bits (Steel et al. 2025, arXiv 2504.13279).
TIKTOK_SHIFT = 32

_SHORTCODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_UNIX_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# The services began in these years; a number that says otherwise is not one of theirs.
_FIRST_YEAR = {"X": 2010, "pictures on X": 2011, "Instagram": 2011, "TikTok": 2014}
# By then 41 bits of milliseconds have run over, or the numbers have grown by a digit and the patterns no longer tell them apart.
_LAST_YEAR = 2037


def date_x(number: int) -> dt.datetime | None:
    """When X (Twitter) made this post's or medium's number, in UTC; `None` where it cannot be one."""
    return _date("X", (number >> X_SHIFT) + X_EPOCH_MS)


def date_x_image(name: str) -> dt.datetime | None:
    """When X made the number of a picture from the first eight bytes of its 15-letter base64url name; `None` if it is none.

    The 12 bits of sequence are zero in all but the busiest milliseconds, and a name without them is left alone.
    """
    try:
        raw = base64.b64decode(name[:12], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    number = int.from_bytes(raw[:8])
    return None if len(raw) < 8 or number & 0xFFF else _date("pictures on X", (number >> X_SHIFT) + X_EPOCH_MS)


def date_tiktok(number: int) -> dt.datetime | None:
    """When TikTok or Douyin made this video's number, in UTC; `None` where it cannot be one."""
    return _date("TikTok", (number >> TIKTOK_SHIFT) * 1000)


def date_instagram(shortcode: str) -> dt.datetime | None:
    """When Instagram made the number behind a post's shortcode, in UTC: at the upload, which can precede the post."""
    number = 0
    for letter in shortcode[:12]:
        digit = _SHORTCODE.find(letter)
        if digit < 0:
            return None
        number = number << 6 | digit
    return _date("Instagram", (number >> INSTAGRAM_SHIFT) + INSTAGRAM_EPOCH_MS)


def date_unix_ms(milliseconds: int) -> dt.datetime | None:
    """A time in milliseconds since 1970; `None` outside the years in which phones have written such names."""
    moment = _date_ms(milliseconds)
    return moment if moment is not None and 2005 <= moment.year <= _LAST_YEAR else None


def _date(service: str, milliseconds: int) -> dt.datetime | None:
    moment = _date_ms(milliseconds)
    return moment if moment is not None and _FIRST_YEAR[service] <= moment.year <= _LAST_YEAR else None


def _date_ms(milliseconds: int) -> dt.datetime | None:
    try:
        return _UNIX_EPOCH + dt.timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
