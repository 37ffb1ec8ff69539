"""Where the bodies of a module are, and the statements in them."""

from collections.abc import Iterator

from runner.model.policy.rego.module import Module, Rule
from runner.model.policy.rego.tokens import Token, closing

# An expression goes on over these, before and after the end of a line.
_BETWEEN = frozenset(
    (":=", "=", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "&", "|", ",", ":", "in", "as", "with")
)  # fmt: skip
# After these a brace begins an object or a set, and an expression goes on to the next line.
_GOES_ON = _BETWEEN | {"(", "[", "{", "contains", "not", "some", "every"}
_CONTINUES = _BETWEEN | {")", "]", "}"}


def rule_bodies(of: Module) -> dict[int, int]:
    """The opening brace of each rule's bodies, by the index of its token, and the closing one."""
    return {opens: closes for rule in of.rules for opens, closes in _braces(of.tokens, rule)}


def bare_bodies(of: Module) -> dict[int, int]:
    """Bodies without braces, `... if x == 1`: the token after `if`, and where the body ends."""
    return {begin: end for rule in of.rules for begin, end in _bare(of.tokens, rule)}


def _braces(found: list[Token], rule: Rule) -> Iterator[tuple[int, int]]:
    index = rule.begin
    while index < rule.end:
        text = found[index].text if found[index].kind == "mark" else ""
        if text and text in "([{":
            closes = closing(found, index)
            if text == "{" and index > rule.begin and found[index - 1].text not in _GOES_ON:
                yield index, closes
            index = closes
        index += 1


def _bare(found: list[Token], rule: Rule) -> Iterator[tuple[int, int]]:
    index = rule.begin
    while index < rule.end:
        token = found[index]
        if token.kind == "mark" and token.text in "([{":
            index = closing(found, index)
        elif token.text == "if" and token.kind == "name" and _is_bare(found, index + 1, rule.end):
            yield index + 1, _until_else(found, index + 1, rule.end)
        index += 1


def _is_bare(found: list[Token], index: int, end: int) -> bool:
    return index < end and found[index].text != "{"


def _until_else(found: list[Token], index: int, end: int) -> int:
    while index < end and found[index].text != "else":
        opens = found[index].kind == "mark" and found[index].text in "([{"
        index = closing(found, index) + 1 if opens else index + 1
    return min(index, end)


def statements(found: list[Token], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Of a body: what stands between its line ends and semicolons."""
    start = index = begin
    while index < end:
        token = found[index]
        if token.kind == "mark" and token.text == ";":
            yield start, index
            start = index + 1
        elif index > start and token.first and _begins(found[index - 1], token):
            yield start, index
            start = index
        index = closing(found, index) + 1 if token.kind == "mark" and token.text in "([{" else index + 1
    yield start, end


def _begins(before: Token, token: Token) -> bool:
    return before.text not in _GOES_ON and token.text not in _CONTINUES


def bar(found: list[Token], opens: int, closes: int) -> int | None:
    """The `|` of a comprehension between these brackets; None for a list, a set or an object."""
    index = opens + 1
    while index < closes:
        token = found[index]
        if token.kind == "mark" and token.text == "|":
            return index
        index = closing(found, index) + 1 if token.kind == "mark" and token.text in "([{" else index + 1
    return None
