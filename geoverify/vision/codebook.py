"""How descriptors are grouped and shortened: a codebook that is the same for every register (benchmarks/fit_codebook.py)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoverify.vision.features import DESCRIPTOR_SIZE, Bytes

FILE = Path(__file__).with_name("codebook.npz")
HALF = DESCRIPTOR_SIZE // 2
# Words of each half, and so the square of that in cells.
HALF_WORDS = 256
CELLS = HALF_WORDS * HALF_WORDS
SIGNATURE_BITS = 64
CODE_BYTES = 32
_SUB = DESCRIPTOR_SIZE // CODE_BYTES
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int16]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Codebook:
    """An inverted multi-index (Babenko & Lempitsky 2012), binary signatures within its cells (Jégou et al. 2008) and product
    codes (Jégou et al. 2011).

    All entries are whole numbers below 2⁸, so that sums of their products are exact in float32: no order of summation, and so
    no number of threads, can change a result. `halves` is (2, 256, 64), `subwords` (32, 256, 4), both float32; `projected`
    (2, 256, 64) are the words of `halves` as the `projection` (128, 64) of signs shows them.
    """

    digest: str
    halves: Floats
    subwords: Floats
    projection: Floats
    projected: Shorts

    def measure_halves(self, descriptors: Bytes) -> Floats:
        """Squared distances of both halves to their words less the descriptor's own square, shape (2, n, 256)."""
        values = descriptors.astype(np.float32)
        parts = np.stack((values[:, :HALF], values[:, HALF:]))
        squares = np.einsum("hwd,hwd->hw", self.halves, self.halves)
        return np.asarray(squares[:, None, :] - 2.0 * np.matmul(parts, self.halves.transpose(0, 2, 1)), np.float32)

    def assign_cells(self, descriptors: Bytes) -> Ints:
        """The cell of each descriptor, shape (n,)."""
        first, second = self.measure_halves(descriptors).argmin(axis=2)
        return np.asarray(first * HALF_WORDS + second, np.int64)

    def sign(self, descriptors: Bytes, rows: Ints, cells: Ints) -> Words:
        """64-bit signatures of `descriptors[rows]` as seen from the middles of `cells`."""
        # Sums of 128 bytes, added or taken away, fit 16 bits, and half of the memory to go through is half of the time.
        values = (descriptors.astype(np.float32) @ self.projection).astype(np.int16)
        offsets = self.projected[0].take(cells // HALF_WORDS, axis=0)
        offsets += self.projected[1].take(cells % HALF_WORDS, axis=0)
        bits = np.packbits(values.take(rows, axis=0) > offsets, axis=1)
        return bits.view(np.uint64).ravel()

    def shorten(self, descriptors: Bytes) -> Bytes:
        """Codes of 32 bytes for descriptors, shape (n, 32)."""
        codes = np.empty((len(descriptors), CODE_BYTES), np.uint8)
        parts = descriptors.astype(np.float32).reshape(-1, CODE_BYTES, _SUB)
        for place, words in enumerate(self.subwords):
            squares = np.einsum("wd,wd->w", words, words)
            codes[:, place] = (squares - 2.0 * (parts[:, place] @ words.T)).argmin(axis=1)
        return codes

    def restore(self, codes: Bytes) -> Floats:
        """Descriptors as close to the originals as the codes allow, whole numbers as float32 (n, 128)."""
        # Words of one type that is as wide as four floats: rows are then copied whole.
        words = self.subwords.view(np.complex128).ravel()
        return words.take(codes + 256 * np.arange(CODE_BYTES)).view(np.float32)


@cache
def load_codebook() -> Codebook:
    """The codebook inside the package, with the digest of its file."""
    with np.load(FILE, allow_pickle=False) as stored:
        halves, subwords, projection = (stored[name].astype(np.float32) for name in ("halves", "subwords", "projection"))
    projected = np.stack((halves[0] @ projection[:HALF], halves[1] @ projection[HALF:])).astype(np.int16)
    return Codebook(
        digest=sha256(FILE.read_bytes()).hexdigest(), halves=halves, subwords=subwords, projection=projection, projected=projected
    )
