"""Walk over the tokens of a block, including those in templates, to find file reads."""

import re
import time

from runner.hcl.blocks import Block
from runner.hcl.expressions import LONGEST, READERS, inside
from runner.hcl.tokens import NotHcl, Token, Tokens, has_template
from runner.model.code.file_reads import FILESET

SECONDS = 5.0  # processor time for one file
LOOKED_AHEAD = 4  # times the length of a block
_LOOP = re.compile(r"\s*([^\W\d][\w-]*)\s*(?:,\s*([^\W\d][\w-]*)\s*)?in\b")


class Walk:
    """All calls of reading functions in a block, the texts in it, and what its loops iterate over."""

    def __init__(self, block: Block, until: float) -> None:
        self._block, self._until = block, until
        self._left = LOOKED_AHEAD * len(block.body) + LONGEST
        self.calls: list[tuple[str, list[str], int]] = []
        self.texts: list[str] = []
        self.loops: dict[str, list[str]] = {}

    def all(self) -> None:
        self._walk(self._block.body, self._block.line)

    def _walk(self, text: str, line: int) -> None:
        tokens = Tokens(text, line)
        before = ["", ""]
        read_until = 0  # the end of arguments that name a read file: they mention nothing else
        while (token := tokens.take()).kind != "end":
            if time.thread_time() > self._until:
                raise NotHcl(f"reading it takes more than {SECONDS:g} s")
            raw = tokens.of(token)
            if token.kind in {"string", "heredoc"}:
                mentioned = token.kind == "string" and token.start >= read_until
                self._text(raw, tokens.line(token.start), before, mentioned=mentioned)
            elif token.kind == "name":
                read_until = max(read_until, self._name(raw, token, tokens))
            before = [before[1], raw]

    def _text(self, raw: str, line: int, before: list[str], *, mentioned: bool) -> None:
        source = self._block.kind == "module" and before == ["source", "="]
        if mentioned and ".." in raw and not source:
            self.texts.append(raw[1:-1])
        if before[1] == "dynamic":
            # Its iterator has this name, and iterates over one of the block's.
            self.loops[raw.strip('"')] = self.loops.setdefault("each", [])
        if has_template(raw):
            for part in inside(raw):
                self._walk(part, line)

    def _name(self, raw: str, token: Token, tokens: Tokens) -> int:
        """The end of the parsed arguments; 0 if it is no call."""
        following = tokens.peek()
        if raw == "templatestring" and following.kind == "(":
            self.calls.append((raw, [], tokens.line(token.start)))  # its text is code, and may read anything
        if raw in READERS and following.kind == "(":
            arguments, end = self._ahead(tokens.text, following.end, {","}, 2 if raw == FILESET else 1)
            self.calls.append((raw, arguments, tokens.line(token.start)))
            return end
        if raw == "for_each" and following.kind == "=":
            over, _ = self._ahead(tokens.text, following.end, {"newline"}, 1)
            self.loops.setdefault("each", []).extend(over or ["?"])
        elif raw == "for" and following.kind == "name":
            head = _LOOP.match(tokens.text, token.end)
            if head is not None:
                over, _ = self._ahead(tokens.text, head.end(), {":"}, 1)
                for name in filter(None, head.groups()):
                    self.loops.setdefault(name, []).extend(over or ["?"])
        return 0

    def _ahead(self, text: str, start: int, ends: set[str], limit: int) -> tuple[list[str], int]:
        """The expressions from there on, and the end of the last. Nested calls are followed only to a limit."""
        found, end, looked = _parts(text[start : start + LONGEST], ends, limit)
        self._left -= looked
        if self._left < 0:
            raise NotHcl("calls in calls, more than can be followed")
        return found, start + end


def _parts(text: str, ends: set[str], limit: int) -> tuple[list[str], int, int]:
    """The expressions separated by `ends` outside brackets, the end of the last one, and how far it was parsed.

    They end before the closing bracket. A truncated one does not count.
    """
    tokens = Tokens(text)
    found: list[str] = []
    depth = begin = end = 0
    try:
        while len(found) < limit:
            token = tokens.take()
            closing = token.kind in {")", "]", "}", "end"}
            if depth == 0 and (closing or token.kind in ends):
                cut = token.kind == "end" and len(text) == LONGEST
                if (part := text[begin : token.start].strip()) and not cut:
                    found.append(part)
                    end = token.start
                if closing:
                    break
                begin = token.end
            elif token.kind == "end":
                break
            depth += (token.kind in {"(", "[", "{"}) - (token.kind in {")", "]", "}"})
    except NotHcl:
        return found, end, len(text)
    return found, end, tokens.position
