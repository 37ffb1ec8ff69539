"""What in an expression may have another value at another time although nothing that a plan is made from has changed."""

import re
import time
from dataclasses import dataclass, field

from runner.engine.modules.functions import IMPURE, PURE, TYPES
from runner.engine.modules.remote_states import TYPE as REMOTE_STATE
from runner.hcl.expressions import READERS, inside
from runner.hcl.tokens import NotHcl, Token, Tokens

SECONDS = 5.0  # processor time for the code of one stack
# Also in comments and texts: where the tokens would be read otherwise than by the engine, this still finds the words.
_IMPURE = re.compile(rf"\b({'|'.join(sorted(IMPURE, key=len, reverse=True))})[ \t]*(?:\(|#|/[/*])")
_PROVIDER_FUNCTION = re.compile(r"\bprovider\s*(?:::|/\*)")
_BEFORE_A_BRACKET = frozenset({"in", "if"})
# The attributes of these names that are the same in every plan of a stack.
_KNOWN = {
    "path": frozenset({"module", "root"}),
    "terraform": frozenset({"workspace"}),
    "tofu": frozenset({"workspace"}),
}
NAMES = {
    REMOTE_STATE: "reads the state of another configuration",
    "ephemeral": "has ephemeral values",
    "action_trigger": "has actions",
}
_STRINGS = frozenset({"string", "heredoc"})
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Outside(Exception):
    """Why the code may not be replayed, and where as far as that is known."""

    def __init__(self, reason: str, line: int = 0, file: str = "") -> None:
        super().__init__(reason)
        self.line, self.file = line, file


@dataclass
class Scan:
    """`reads` counts the calls that read files, which are judged elsewhere."""

    until: float = field(default_factory=lambda: time.thread_time() + SECONDS)
    reads: int = 0

    def raw(self, text: str) -> None:
        """The words that no text may contain."""
        if (found := _IMPURE.search(text)) is not None:
            raise Outside(f"uses {found[1]}()", line_of(text, found.start()))
        if (found := _PROVIDER_FUNCTION.search(text)) is not None:
            raise Outside("calls a function of a provider", line_of(text, found.start()))

    def template(self, text: str, line: int = 1) -> None:
        """The expressions in a text, and those in its directives."""
        for part in inside(text) if "{" in text else ():
            self._expressions(part, line, brackets="(")

    def body(self, text: str, line: int = 1) -> None:
        """The expressions in the body of a block and in all its nested blocks."""
        self._expressions(text, line, brackets="{")

    def _expressions(self, text: str, line: int, brackets: str) -> None:
        tokens = self._tokens(Tokens(text, line), [brackets])
        names = [text[token.start : token.end] if token.kind == "name" else token.kind for token in tokens]
        for at, token in enumerate(tokens):
            try:
                if token.kind == "name":
                    self._name(names, at)
                elif token.kind in _STRINGS:
                    self.template(text[token.start : token.end], Tokens(text, line).line(token.start))
                elif token.kind == ":":
                    _namespace(names, at)
            except Outside as problem:
                raise (
                    problem if problem.line else Outside(str(problem), Tokens(text, line).line(token.start))
                ) from None

    def _tokens(self, tokens: Tokens, brackets: list[str]) -> list[Token]:
        """Without the newlines that mean nothing, which are those within round and square brackets."""
        found: list[Token] = []
        while (token := tokens.take()).kind != "end":
            if time.thread_time() > self.until:
                raise NotHcl(f"reading it takes more than {SECONDS:g} s")
            if token.kind in _CLOSING:
                brackets.append(token.kind)
            elif token.kind in _CLOSING.values() and (
                len(brackets) == 1 or _CLOSING[brackets.pop()] != token.kind
            ):
                raise tokens.error(f"{token.kind} closes nothing", token.start)
            if token.kind != "newline" or brackets[-1] == "{":
                found.append(token)
        if len(brackets) > 1:
            raise tokens.error(f"nothing closes a {brackets[-1]}")
        return found

    def _name(self, names: list[str], at: int) -> None:
        name, before, after = names[at], "".join(names[at - 1 : at]), "".join(names[at + 1 : at + 2])
        if name in NAMES:
            raise Outside(NAMES[name])
        if name in READERS and after == "(":
            self.reads += 1
        elif after == "(" and name not in PURE | TYPES | _BEFORE_A_BRACKET:
            raise Outside(f"calls {name}(), whose answer may change,")
        if name in _KNOWN and before != "." and after in {".", "["}:
            attribute = "".join(names[at + 2 : at + 3])
            if after == "[" or attribute not in _KNOWN[name]:
                raise Outside(f"uses {name}.{attribute}")


def _namespace(names: list[str], at: int) -> None:
    """`core::abs()` is `abs()`; all others are those of providers."""
    if names[at + 1 : at + 2] == [":"] and names[at - 1 : at] != ["core"]:
        raise Outside("calls a function of a provider")


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
