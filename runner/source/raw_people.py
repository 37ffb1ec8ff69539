"""The people of a commit from its raw bytes, for commits whose text is not, or claims not to be, UTF-8."""

import re
from collections.abc import Iterator, Sequence

from runner.source.mirror import Mirror

BATCH = 200
LARGEST = 1 << 20  # bytes of one commit
PERSON = re.compile(rb"^(?:author|committer) ([^\n<]*)<([^\n>]*)>", re.MULTILINE)
CO_AUTHOR = re.compile(rb"^co-authored-by:([^\n<]*)<([^\n>]*)>", re.MULTILINE | re.IGNORECASE)
CODECS = ("utf-8", "latin-1")  # git has already decoded it with the encoding that it claims


def people(mirror: Mirror, revisions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Every name and mail address, by revision, in each decoding that might match a login."""
    found: dict[str, tuple[str, ...]] = {}
    for at in range(0, len(revisions), BATCH):
        with mirror.contents(revisions[at : at + BATCH]) as contents:
            for revision, size, chunks in contents:
                raw = b"".join(chunks) if size <= LARGEST else b""
                found[revision] = tuple(dict.fromkeys(_readings(raw)))
    return found


def _readings(raw: bytes) -> Iterator[str]:
    head, _, message = raw.partition(b"\n\n")
    for pattern, text in ((PERSON, head), (CO_AUTHOR, message)):
        for name, address in pattern.findall(text):
            for codec in CODECS:
                yield from filter(None, (_decoded(name, codec), _decoded(address, codec)))


def _decoded(text: bytes, codec: str) -> str:
    """Empty if the bytes are not valid in that encoding."""
    try:
        return text.strip().decode(codec)
    except UnicodeDecodeError:
        return ""
