"""What a forge makes of Markdown: GitHub's, with links in bare text, and what a forge reads in text besides."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("gfm-like")
# Mentions, references of issues and merge requests, milestones, labels, snippets, emoji and commits.
_SPECIAL = re.compile(r"[@#!%~$&^][\w./-]|:\w+:|\bGH-\d|\b[0-9a-f]{7,40}\b|https?:|www\.|[\w.]@[\w.]")
_DETAILS = re.compile(r"<details><summary><code>([^<>]*)</code> [^<>]*</summary>\n")


@dataclass(frozen=True)
class Rendered:
    """`texts` is what is neither code nor HTML; `columns` are the cells of each row of each table."""

    html: tuple[str, ...]
    links: tuple[str, ...]
    headings: int
    texts: tuple[str, ...]
    columns: tuple[int, ...]
    fences: tuple[str, ...]
    folded: tuple[str, ...]  # the names of what is folded
    open_details: int

    @property
    def special(self) -> list[str]:
        """What a forge would link, notify or replace."""
        return [text for text in self.texts if _SPECIAL.search(text)]


def rendered(markdown: str) -> Rendered:
    tokens = list(_flat(_PARSER.parse(markdown)))
    blocks = [token.content for token in tokens if token.type in {"html_block", "html_inline"}]
    folded = [unescape(found[1]) for one in blocks if (found := _DETAILS.fullmatch(one))]
    closed = sum(one in {"</details>\n", "</details>"} for one in blocks)
    return Rendered(
        html=tuple(one for one in blocks if not _DETAILS.fullmatch(one) and one.strip() != "</details>"),
        links=tuple(
            str(token.attrs.get("href") or token.attrs.get("src"))
            for token in tokens
            if token.type in {"link_open", "image"}
        ),
        headings=sum(token.type == "heading_open" for token in tokens),
        texts=tuple(token.content for token in tokens if token.type == "text"),
        columns=tuple(_columns(tokens)),
        fences=tuple(token.content for token in tokens if token.type == "fence"),
        folded=tuple(folded),
        open_details=len(folded) - closed,
    )


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _columns(tokens: list[Token]) -> Iterator[int]:
    count = 0
    for token in tokens:
        if token.type == "tr_open":
            count = 0
        elif token.type in {"td_open", "th_open"}:
            count += 1
        elif token.type == "tr_close":
            yield count
