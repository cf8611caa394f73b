"""The pictures of one file, each decoded once for all who look at them."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from geoverify.containers.heif_picture import CodedPicture, find_coded_picture
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import MediaFile
from geoverify.opencv import descriptor_path, load_cv2, open_capture
from geoverify.vision.heif_still import decode_heif
from geoverify.vision.key_clip import KeySamples, find_key_samples
from geoverify.vision.keyframes import (
    HEIF_TYPES,
    UNDECODED_TYPES,
    Picture,
    check_capture,
    check_size,
    decode_bytes,
    decode_clip,
    decode_file,
    read_encoded,
    reduce_picture,
    tell_time_s,
)

# The longer side to which frames are reduced that are stepped to; features are taken at 1,024 px, masks at 800.
MAX_SIDE_PX = 1440
# Key frames that are kept for whoever asks next: thirty of 1080p, seven of 4K. The others are decoded anew.
MAX_KEPT_BYTES = 192 << 20
# Frames that are stepped over at most: a minute at 30 frames a second.
MAX_GRABBED = 1800


class Film:
    """One file's pictures, upright (BGR), for all who look at them: key frames, frames at equal distances, or the still picture.

    `step_counts` are the counts that `step` will be asked for, so that one pass serves them all. Pictures are shared: nobody
    writes into them. All methods raise `NoPicturesError` where no stream of pictures opens, `MalformedError` for what is too
    large, and OpenCV's own error or `MemoryError` for what breaks its decoder.
    """

    def __init__(self, media: MediaFile, source: ByteSource, step_counts: Iterable[int] = ()) -> None:
        self.media = media
        self.source = source
        self._step_counts = frozenset(step_counts)
        self._kept: dict[int, Picture] = {}
        self._room_bytes = MAX_KEPT_BYTES
        self._stepped: dict[int, list[tuple[float, Picture]]] = {}

    def key_pictures(self, count: int, *, largest: bool = False) -> Iterator[tuple[float, Picture]]:
        """Up to `count` key frames of a video, spread over it, in the order of time, each with its second.

        `largest` prefers the frames of the most bytes, where the container tells them (see `KeySamples.choose`).
        """
        samples = self._key_samples
        try:
            rows = [] if samples is None else samples.choose(count, largest=largest)
            missing = [row for row in rows if row not in self._kept]
            movie = samples.cut(missing) if samples is not None and missing else b""
        except MalformedError:
            # FFmpeg repairs more than the tables' own reader does.
            samples = None
        if samples is None:
            yield from decode_file(self._path, count)
            return
        check_size(samples.width_px, samples.height_px)
        kept = [(row, self._kept[row]) for row in rows if row in self._kept]
        for row, picture in heapq.merge(kept, self._decode(movie, missing), key=lambda item: item[0]):
            yield samples.time_s(row), picture

    def step(self, count: int) -> Sequence[tuple[float, Picture]]:
        """The frames of a video at `count` equal distances, reduced to `MAX_SIDE_PX`, each with its second."""
        if count not in self._stepped:
            self._step(self._step_counts | {count})
        return self._stepped[count]

    @property
    def is_decodable(self) -> bool:
        """Whether there is a decoder for the file's pictures."""
        media_type = self.media.media_type
        return self._coded is not None if media_type in HEIF_TYPES else media_type not in UNDECODED_TYPES

    @cached_property
    def duration_s(self) -> float:
        """How long a video is by what FFmpeg tells; 0 where it does not."""
        cv2 = load_cv2()
        with open_capture(self._path) as capture:
            check_capture(capture)
            fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        duration_s = frames / fps if fps > 0 and frames > 0 else 0.0
        return float(duration_s) if np.isfinite(duration_s) else 0.0

    @cached_property
    def still(self) -> Picture | None:
        """A picture's own picture, its longer side at least `MAX_SIDE_PX` where the original's is; `None` where it is damaged."""
        if self._coded is not None:
            return decode_heif(self.source, self._coded)
        cv2 = load_cv2()
        data = read_encoded(self.source)
        if self.media.media_type != "image/jpeg":
            return decode_bytes(data, cv2.IMREAD_COLOR)
        # An eighth costs little and tells the size: a large picture is then decoded at a half or a quarter.
        eighth = decode_bytes(data, cv2.IMREAD_REDUCED_COLOR_8)
        side_px = 0 if eighth is None else 8 * max(eighth.shape)
        flags = ((4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
        return decode_bytes(data, next((flag for scale, flag in flags if side_px >= scale * MAX_SIDE_PX), cv2.IMREAD_COLOR))

    @property
    def _path(self) -> str:
        return descriptor_path(self.source.fileno(), self.media.path)

    @cached_property
    def _coded(self) -> CodedPicture | None:
        if self.media.media_type not in HEIF_TYPES:
            return None
        try:
            return find_coded_picture(self.source)
        except MalformedError:
            # What is wrong with the tables is told by the readers of metadata.
            return None

    @cached_property
    def _key_samples(self) -> KeySamples | None:
        if self.media.media_type not in MOVIE_TYPES:
            return None
        try:
            return find_key_samples(self.source)
        except MalformedError:
            return None

    def _decode(self, movie: bytes, rows: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """Decode the rows of a movie that was cut for them, and keep those for which there is room."""
        if not movie:
            return
        for place, picture in decode_clip(movie, len(rows)):
            if picture.nbytes <= self._room_bytes:
                picture.flags.writeable = False
                self._room_bytes -= picture.nbytes
                self._kept[rows[place]] = picture
            yield rows[place], picture

    def _step(self, counts: Iterable[int]) -> None:
        """Step through a video once, for each count to the first frame from each of its goals on."""
        duration_s = self.duration_s
        goals = {count: deque(duration_s * part / count for part in range(count if duration_s else 1)) for count in counts}
        found: dict[int, list[tuple[float, Picture]]] = {count: [] for count in goals}
        with open_capture(self._path) as capture:
            check_capture(capture)
            for _ in range(MAX_GRABBED):
                if not any(goals.values()) or not capture.grab():
                    break
                time_s = tell_time_s(capture)
                due = [count for count, ahead in goals.items() if ahead and time_s >= ahead[0]]
                if not due:
                    continue
                ok, picture = capture.retrieve()
                small = reduce_picture(picture, MAX_SIDE_PX) if ok else None
                for count in due:
                    goals[count].popleft()
                    if small is not None:
                        found[count].append((time_s, small))
        self._stepped |= found
