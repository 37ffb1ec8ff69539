"""Reading a text file that somebody else is still writing."""

from codecs import getincrementaldecoder
from pathlib import Path

from runner.model.values.frozen import dataclass

CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """`next` is the offset at which the following part begins; `end` if nothing more was there."""

    text: str
    next: int
    end: bool


def read_part(path: Path, offset: int, *, complete: bool) -> Part:
    """The text from this byte on. While it is not complete, a character of which only some bytes are there is left for later."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            chunk = file.read(CHUNK)
            end = not file.read(1)
    except FileNotFoundError:
        return Part("", offset, end=True)
    decoder = getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(chunk, final=complete and end)
    left, _ = decoder.getstate()
    return Part(text, offset + len(chunk) - len(left), end)
