"""A folder of everything that has harmed a decoder, a walker of folders or a terminal, for the batch as a whole."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from builders import bombs, jpeg
from builders.hostile_movies import MOVIES
from builders.hostile_pictures import PICTURES

# As bytes: no name is asked to be text.
NAMES = (
    b"\x1b[31mred\x1b[0m.jpg",
    b"\x1b]0;title\x07.jpg",
    b"line\nbreak.jpg",
    b"carriage\rreturn.jpg",
    b"tab\there.jpg",
    b"[red][bold]markup[link=x].jpg",
    b"=cmd|'calc'!A0.jpg",
    b"+1+1.jpg",
    b"-rf.jpg",
    b"@sum.jpg",
    b"--json.jpg",
    b"%s%n%x.jpg",
    b"$(touch pwned).jpg",
    b"a;b|c&d`e`.jpg",
    b"\"quoted\" 'twice'.jpg",
    b"<script>alert(1)<.jpg",
    b"back\\slash.jpg",
    "photo\u202egpj.exe".encode(),
    "\u2066isolate\u2069.jpg".encode(),
    "zero\u200bwidth\ufeff.jpg".encode(),
    "line\u2028separator.jpg".encode(),
    "\u0085next.jpg".encode(),
    "ភ្នំពេញ.jpg".encode(),
    b"\xff\xfe.jpg",
    b"caf\xe9.jpg",
    b"\xed\xb2\x80surrogate.jpg",
    b"x" * 251 + b".jpg",
    b"\xf0\x9f\x92\xa9" * 62 + b".jpg",
    b" .jpg",
    b"...jpg",
)
PLAYLISTS = {
    "concat.mp4": "ffconcat version 1.0\nfile /etc/passwd\n",
    "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://192.0.2.1/a.ts\n#EXT-X-ENDLIST\n",
    "session.mov": "v=0\no=- 0 0 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=video 5004 RTP/AVP 96\n",
    "vector.jpg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
}
SPARSE_BYTES = 1 << 40
# What may reach a terminal or a file for people: no control but the end of a line, nothing that turns or hides text.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def lay_out(folder: Path, *, with_slow: bool = True) -> int:
    """Fill a folder, and tell how many rows it must have; `with_slow` adds the files that cost seconds."""
    # The slash of a closing tag parts two names.
    (folder / "[").mkdir(parents=True)
    (folder / "[" / "red].jpg").write_bytes(jpeg.build_jpeg())
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(jpeg.build_jpeg())
    (folder / "names").mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(folder / "names") + b"/" + name)).write_bytes(jpeg.build_jpeg())
    for name, text in PLAYLISTS.items():
        (folder / name).write_text(text)
    rows = 1 + len(NAMES) + len(PLAYLISTS) + _put_special_files(folder / "special", outside)
    for number, make in enumerate(_hostile_files(with_slow=with_slow)):
        (folder / f"{number:03d}.bin").write_bytes(make())
        rows += 1
    return rows


def _hostile_files(*, with_slow: bool) -> Iterator[Callable[[], bytes]]:
    yield bombs.avif_bomb
    yield lambda: b""
    yield lambda: jpeg.build_jpeg()[:3]
    if with_slow:
        yield bombs.endless_movie
        yield from PICTURES.values()
        yield from MOVIES.values()


def _put_special_files(folder: Path, outside: Path) -> int:
    folder.mkdir()
    os.mkfifo(folder / "pipe.mp4")
    (folder / "out.jpg").symlink_to(outside / "secret.jpg")
    (folder / "out").symlink_to(outside)
    (folder / "up").symlink_to("..")
    (folder / "self.jpg").symlink_to("self.jpg")
    (folder / "dangling.jpg").symlink_to("nowhere")
    (folder / "tty.jpg").symlink_to("/dev/tty")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        # The name of a socket may have 108 bytes, which a folder of a test exceeds.
        here = Path.cwd()
        os.chdir(folder)
        try:
            listening.bind("socket.mov")
        finally:
            os.chdir(here)
    with (folder / "sparse.mp4").open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42")
        file.truncate(SPARSE_BYTES)
    return len(list(folder.iterdir()))
