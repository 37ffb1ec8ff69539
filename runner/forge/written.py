"""What is sent as text to a forge: within its limit, and without characters that it would refuse or lose."""

import re

_CUT = "\n\n(cut: the rest exceeds the forge's limit)"
_CUT_LINE = "..."
# Control characters, which databases of forges refuse, and halves of pairs, which no encoding has.
_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def single_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def clipped(text: str, limit: int) -> str:
    """Counted in bytes: a forge that counts characters accepts it too."""
    text = _UNSENDABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    if len(text.encode()) <= limit:
        return text
    end = _CUT if "\n" in text else _CUT_LINE
    return text.encode()[: limit - len(end)].decode(errors="ignore") + end


def same(one: str, other: str) -> bool:
    """Forges normalize the ends of lines and of the text."""
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
