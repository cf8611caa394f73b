"""Comments without a field of their own: JPEG's COM segments (ITU-T T.81 §B.2.4.5) and GIF's comment extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geoverify.containers import gif, jpeg, walks
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind, Software, TextSnippet, TextSource, Who
from geoverify.speech import Speaker
from geoverify.text import MAX_TEXT_CHARS

NAME = "comments"
MAX_COMMENTS = 32
# What encoders write of themselves; everything else is somebody's words.
_PROGRAM = re.compile(
    r"CREATOR: |Lav[cf]\d|File (written|source) by |LEAD Technologies|Intel\(R\) |AppleMark|Processed [Bb]y |Created (with|by) "
    r"|Optimized (by|using) |JPEG Encoder|Compressed by |ACD Systems|Software: |Edited (with|by) |x26[45] "
    r"|ImageMagick|Ulead"
)


class CommentsReader:
    """Comments as words, or as the program that names itself in them."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield the comments of a JPEG or GIF; whatever wrote the file last could have written them."""
        speaker = Speaker(reader=NAME, who=Who.EDITOR)
        comments = _jpeg_comments(media, source) if media.media_type != walks.GIF else _gif_comments(source)
        for number, (field, data) in enumerate(comments):
            if number == MAX_COMMENTS:
                yield speaker.warn("too-many-comments", f"only the first {MAX_COMMENTS} comments are read")
                return
            text = decode_words(data)
            if text:
                value = Software(name=text) if _PROGRAM.match(text) else TextSnippet(text=text, source=TextSource.TAG)
                yield speaker.observe(value, field, text)


READER = CommentsReader()


def decode_words(data: bytes) -> str:
    """Bytes whose character set nothing states: UTF-8 if they are valid as that, otherwise Windows Latin-1."""
    raw = data.rstrip(b"\0 \r\n\t")[: MAX_TEXT_CHARS * 4]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "backslashreplace")
    return text.split("\0", 1)[0].strip()[:MAX_TEXT_CHARS]


def _jpeg_comments(media: MediaFile, source: ByteSource) -> Iterator[tuple[str, bytes]]:
    for segment in walks.jpeg_segments(media, source):
        if segment.marker == jpeg.COM:
            yield f"COM at byte {segment.offset}", segment.read(source)


def _gif_comments(source: ByteSource) -> Iterator[tuple[str, bytes]]:
    for extension in gif.extensions(source):
        if extension.label == gif.COMMENT:
            yield f"comment at byte {extension.offset}", gif.read_sub_blocks(source, extension.offset, MAX_TEXT_CHARS * 4)
