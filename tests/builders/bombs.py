"""Small files that decode to monsters."""

from __future__ import annotations

import base64
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np

from builders import clips
from builders.hostile_movies import movie
from builders.movies import box, full_box, u32
from geoverify.opencv import load_cv2

# 16,000 × 16,000 black pixels as OpenCV writes them (`imencode(".avif", …, [IMWRITE_AVIF_SPEED, 10])`): 3,244 bytes, packed here.
_AVIF = (
    "c-muNU{FXasVqn=%S>Yc0uY^>nP!-"
    "qnV9D5Xy^nKdYzkElE?r7iWw<6MNl?FL1uCZ0~+8f$SlbPvlxL`E;A=T8N_h`@fjhajKT~I+%th}jm*rvG`LzRASaax%1bOWFm%q($p_n&m03_!0"
    "HnP$3zGAJv`A)gK`O*Ly9Nkm5Gcs3$OMTnb8v6~DW1eKL+3_$9*~f5a(+%xUUE(a&}3c)Hjr}h%z|8)pMVZyVPtA%0lI2oZc1W_5Ca#t{P(*0pMM"
    "uIN%3+RwTla=EIxc#;P82y&yETV43X#0xGL>q?zq(YM^b^U)6r=8uGBeOCMc}mYIw9>^;g^R)AN&ePWi*Xe2S5TrQnWJ&B|xDuQKcpn>=sDF8`0O"
    "*Rds?ixIyho^sbX_GZ=oWCxFmI5EAs4)=<9!=lfh35uIICt~e(JxgifYi_FLmd7{ot=znzsrvt+PhTEba<(vk4Lp!hyy~c7`R1DsZ-"
    "w`tv7c}LcJYZf>W3xe|DSH=XqgbgqZ*<)$8ZAsmOVaAmuA*K{p3|~uhFrFriMq6WcckloBm9wc6i&#`(Eb}+Xm5&d(W1vd{p$6>0{&i^(%MI)V20"
    "GDpL91lE3}NmVE+4H&jN0d^E^MgM2i|M}vGc$VY>G<OF#LEgar3luV^T;5GmNr`#@<"
)


def avif_bomb() -> bytes:
    """A picture of 3 kB that takes a decoder 4 GB."""
    return zlib.decompress(base64.b85decode("".join(_AVIF)))


def endless_movie(frames: int = 600, side_px: int = 3840) -> bytes:
    """A movie all of whose frames, key frames each, are the same bytes of the file; under 65 kB."""
    cv2 = load_cv2()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.mp4")
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"vp09"), clips.FPS, (side_px, side_px))
        writer.write(np.zeros((side_px, side_px, 3), np.uint8))
        writer.release()
        data = path.read_bytes()
    description = _payload(data, b"stsd")
    sample = _payload(data, b"mdat")
    tables = (
        box(b"stsd", description),
        full_box(b"stts", u32(1, frames, 40)),
        full_box(b"stsc", u32(1, 1, 1, 1)),
        full_box(b"stsz", u32(len(sample), frames)),
        # The first byte behind the headers of `ftyp` and `mdat` in the movie below.
        full_box(b"stco", u32(frames), u32(28) * frames),
    )
    media = box(
        b"mdia",
        full_box(b"mdhd", u32(0, 0, 1000, 40 * frames), bytes(4)),
        full_box(b"hdlr", bytes(4), b"vide", bytes(12), b"Handler\0"),
        box(b"minf", full_box(b"vmhd", bytes(8)), _data_here(), box(b"stbl", *tables)),
    )
    size = struct.pack(">II", side_px << 16, side_px << 16)
    matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    header = full_box(b"tkhd", u32(0, 0, 1, 0, 600 * frames // 25), bytes(16), matrix, size)
    return movie(box(b"trak", header, media), data=sample)


def _data_here() -> bytes:
    return box(b"dinf", full_box(b"dref", u32(1), box(b"url ", u32(1))))


def _payload(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind)
    return data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]
