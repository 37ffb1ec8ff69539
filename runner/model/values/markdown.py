"""Untrusted text in Markdown: only as code, since a forge also reads mentions, links and references in escaped text."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from runner.model.values.text import safe_text

ESCAPED_BAR = r"\|"  # a table removes the backslash again, even inside code

# Letters, or a number, with the punctuation of a sentence: nothing that Markdown or a forge gives a meaning.
_PLAIN = re.compile(r"""[("']?(?:[A-Za-z]+(?:['-][A-Za-z]+)*|[0-9]{1,6})[)"']?[,;:]?|[A-Za-z]+[)]?[.]""")
_COMMIT = re.compile(r"[0-9a-fA-F]{7,}")  # GitHub links it


def code(text: str) -> str:
    """A code span, fenced with more backticks than any run inside."""
    safe = safe_text(text)
    fence = "`" * (_longest_run(safe) + 1)
    pad = " " if not safe.strip() or safe[0] in "` " or safe[-1] in "` " else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def cell(text: str) -> str:
    """A code span in a table."""
    return in_table(code(text))


def in_table(markdown: str) -> str:
    return markdown.replace("|", ESCAPED_BAR)


def block(lines: Iterable[str], kind: str = "") -> Iterator[str]:
    """A code block, fenced with more backticks than any run inside."""
    found = list(lines)
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in found), 3)
    yield from (f"{fence}{kind}", *found, fence)


def sentence(text: str) -> str:
    """A sentence in which names may stand: plain words stay as they are, everything else becomes code."""
    parts = []
    for plain, words in groupby(text.split(), key=_is_plain):
        told = " ".join(words)
        parts.append(told if plain else code(told))
    return " ".join(parts)


def _is_plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and _COMMIT.search(word) is None


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
