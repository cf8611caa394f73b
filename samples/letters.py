"""Shape the names that OpenCV's own font cannot write, Khmer and Thai, and keep them as masks: `python samples/letters.py`.

It takes Pillow with Raqm (its wheels have it, `make test` installs it) and Debian's fonts-noto-core (SIL Open Font License 1.1,
which leaves what is drawn with a font free); the samples are drawn from the masks alone, so that every machine draws the same.
"""

# ruff: noqa: E402  (no caches may be written before the modules of this folder are imported)

from __future__ import annotations

import sys
from pathlib import Path

# Every file of this folder is a row where the folder is matched: no caches here.
sys.dont_write_bytecode = True

import numpy as np
from boards import BUSINESSES, LETTERS, is_shaped
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features

FONTS = Path("/usr/share/fonts/truetype/noto")
SIZE_PX, MARGIN_PX = 76, 2
FONT_OF = {"Khmer": "NotoSansKhmer-Bold.ttf", "Thai": "NotoSansThai-Bold.ttf"}


def shape(text: str) -> NDArray[np.uint8]:
    """A line of Khmer or Thai as a mask, cut to its ink: 255 within the letters."""
    if not features.check("raqm"):
        raise SystemExit("letters.py: this Pillow has no Raqm, so that Khmer would be misspelt; install Pillow's own wheel")
    name = FONT_OF["Khmer" if any("\u1780" <= sign <= "\u17ff" for sign in text) else "Thai"]
    font = ImageFont.truetype(str(FONTS / name), SIZE_PX, layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    mask = Image.new("L", (right - left + 2 * MARGIN_PX, bottom - top + 2 * MARGIN_PX))
    ImageDraw.Draw(mask).text((MARGIN_PX - left, MARGIN_PX - top), text, fill=255, font=font)
    return np.asarray(mask)


if __name__ == "__main__":
    shaped = {text: shape(text) for names in BUSINESSES for text in names if is_shaped(text)}
    np.savez_compressed(LETTERS, **shaped)
    print(f"{LETTERS.stat().st_size:>9,} bytes  {LETTERS.name}: {len(shaped)} names")
