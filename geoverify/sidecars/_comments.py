"""Comments under a post: the uploader's own are their words about the footage; others' are not theirs and are left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geoverify.model import Finding, TextSnippet, TextSource, Who
from geoverify.sidecars._fields import MAX_WORDS_CHARS, Fields
from geoverify.sidecars._statements import observe

# Of those that a downloader saved, how many are looked at, and how many of the uploader's own are kept.
MAX_COMMENTS = 10_000
MAX_OWN_COMMENTS = 32


def say_own_comments(own: Iterable[Fields]) -> Iterator[Finding]:
    """Yield the texts of the uploader's own comments, each once, in the file's order."""
    seen: set[str] = set()
    for comment in own:
        text = comment.text("text", MAX_WORDS_CHARS)
        if text is None or text in seen:
            continue
        if len(seen) == MAX_OWN_COMMENTS:
            comment.complain(
                "text", f"is one more comment by the uploader, and those after the first {MAX_OWN_COMMENTS} are not read"
            )
            return
        seen.add(text)
        yield observe(comment, ("text",), TextSnippet(text=text, source=TextSource.CAPTION), Who.UPLOADER)
