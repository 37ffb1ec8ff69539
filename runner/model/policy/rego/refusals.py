"""What regopy would let pass although OPA refuses it: built-ins that it does not have, variables without a value.

Both make a rule silently false, which for a `deny` means: anything may pass.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from runner.model.policy.rego.module import Module, Rule
from runner.model.policy.rego.tokens import Token, closing

_WORDS = frozenset(
    {
        "print",
        "true",
        "false",
        "null",
        "input",
        "data",
        "not",
        "some",
        "in",
        "with",
        "as",
        "if",
        "contains",
        "every",
        "else",
        "default",
        "set",
        "import",
        "package",
        "_",
        "rego",
    }
)
_PATTERN = frozenset("[]{},:")
_ESCAPED = re.compile(r"""["\n\r\t]|\\[\\nrt"]""")


class Refusal(NamedTuple):
    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def refusals(modules: Sequence[Module], is_builtin: Callable[[str], bool]) -> Iterator[Refusal]:
    packages: dict[str, set[str]] = {}
    for module in modules:
        packages.setdefault(module.package, set()).update(rule.name for rule in module.rules)
    for module in modules:
        known = packages[module.package] | module.imports.keys()
        for rule in module.rules:
            yield from _calls(module, rule, known, is_builtin)
            yield from _unbound(module, rule, known)


def _at(module: Module, token: Token, message: str) -> Refusal:
    return Refusal(module.file, token.line, token.column, message)


def _calls(
    module: Module, rule: Rule, known: Collection[str], is_builtin: Callable[[str], bool]
) -> Iterator[Refusal]:
    found = module.tokens
    for index in range(rule.begin, rule.end - 1):
        if found[index].kind != "name" or not _touches(found, index, "("):
            continue
        parts, start = [found[index].text], index
        while start >= rule.begin + 2 and found[start - 1].text == "." and found[start - 2].kind == "name":
            start -= 2
            parts.insert(0, found[start].text)
        if start > rule.begin and found[start - 1].text == ".":
            yield _at(module, found[index], "the function that is called here is not named by a path")
            continue
        name = ".".join(parts)
        if name.startswith("regex."):
            yield from _patterns(module, index + 1)
        if parts[0] in known or parts[0] in {"data", "set"} or name in _WORDS or is_builtin(name):
            continue
        yield _at(module, found[start], f'there is no built-in function "{name}" in this engine')


def _patterns(module: Module, opens: int) -> Iterator[Refusal]:
    """Literal patterns about characters that regopy's texts have in their escaped form."""
    for token in module.tokens[opens : closing(module.tokens, opens)]:
        if token.kind == "text" and _ESCAPED.search(_pattern(token)):
            message = "regopy matches quotes, backslashes, tabs and line breaks as they are written in JSON; use opa"
            yield _at(module, token, message)


def _pattern(token: Token) -> str:
    try:
        return str(json.loads(token.text)) if token.text.startswith('"') else token.text
    except ValueError:
        return token.text


def _touches(found: list[Token], index: int, mark: str) -> bool:
    """Whether the mark comes directly after, as in a call or an index."""
    after = found[index + 1] if index + 1 < len(found) else None
    return after is not None and after.text == mark and after.start == found[index].end


def _unbound(module: Module, rule: Rule, known: Collection[str]) -> Iterator[Refusal]:
    """Names that stand for nothing: no rule, no import, and nothing in this rule gives them a value."""
    found = module.tokens
    bound = set(_bound(found, rule))
    for index in range(rule.begin, rule.end):
        token = found[index]
        if token.kind != "name" or token.text in _WORDS or token.text in known or token.text in bound:
            continue
        if found[index - 1].text == "." and index > rule.begin:
            continue  # a key
        if _touches(found, index, "(") or (_touches(found, index, ".") and _is_call(found, index)):
            continue  # see `_calls`
        bound.add(token.text)  # one complaint each
        yield _at(module, token, f'variable "{token.text}" is never given a value')


def _is_call(found: list[Token], index: int) -> bool:
    while index + 2 < len(found) and found[index + 1].text == "." and found[index + 2].kind == "name":
        index += 2
    return _touches(found, index, "(")


def _bound(found: list[Token], rule: Rule) -> Iterator[str]:
    """Names in places where Rego gives a variable its value."""
    for index in range(rule.begin, rule.end):
        token = found[index]
        if token.text in {"some", "every"} and token.kind == "name":
            yield from _declared(found, index + 1, rule.end)
        elif token.text in {":=", "="} and token.kind == "mark":
            yield from _names(_before(found, index, rule.begin))
            if token.text == "=":
                yield from _names(_after(found, index, rule.end))
        elif token.text == "[" and index > rule.begin and _indexes(found, index):
            inside = found[index + 1 : closing(found, index)]
            if _is_pattern(inside):
                yield from _names(inside)
        elif token.text == "walk" and _touches(found, index, "("):
            yield from _names(_last_argument(found, index + 1))
    yield from _arguments(found, rule)


def _names(some: Sequence[Token]) -> Iterator[str]:
    for index, token in enumerate(some):
        if token.kind == "name" and (index == 0 or some[index - 1].text != "."):
            yield token.text


def _declared(found: list[Token], index: int, end: int) -> Iterator[str]:
    """After `some` and `every`: up to `in`, or to the end of the line."""
    first = index
    while index < end and found[index].text not in {"in", ";"} and not (index > first and found[index].first):
        if found[index].kind == "name":
            yield found[index].text
        index += 1


def _indexes(found: list[Token], opens: int) -> bool:
    before = found[opens - 1]
    touches = before.end == found[opens].start
    return touches and (before.kind in {"name", "text"} or before.text in {"]", ")", "}"})


def _is_pattern(inside: Sequence[Token]) -> bool:
    return all(one.kind != "mark" or one.text in _PATTERN for one in inside)


def _before(found: list[Token], index: int, begin: int) -> list[Token]:
    """The pattern that ends here: a name, or an array or object of them."""
    last = found[index - 1]
    if last.text in {"]", "}"}:
        opens = index - 1
        depth = 0
        while opens >= begin:
            depth += (found[opens].text in {"]", "}", ")"}) - (found[opens].text in {"[", "{", "("})
            if depth == 0:
                break
            opens -= 1
        inside = found[opens:index]
        return inside if _is_pattern(inside) and not _indexes(found, opens) else []
    alone = index - 2 < begin or found[index - 2].text not in {".", "+", "-", "*", "/", "%", "&"}
    return [last] if last.kind == "name" and alone else []


def _after(found: list[Token], index: int, end: int) -> list[Token]:
    following = found[index + 1] if index + 1 < end else None
    if following is None:
        return []
    if following.text in {"[", "{"}:
        inside = found[index + 1 : closing(found, index + 1) + 1]
        return inside if _is_pattern(inside) else []
    then = found[index + 2] if index + 2 < end else None
    alone = then is None or then.first or then.text in {";", "}", "]", "|"}
    return [following] if following.kind == "name" and alone else []


def _last_argument(found: list[Token], opens: int) -> list[Token]:
    end = closing(found, opens)
    depth, start = 0, opens + 1
    for index in range(opens + 1, end):
        depth += (found[index].text in {"[", "{", "("}) - (found[index].text in {"]", "}", ")"})
        if depth == 0 and found[index].text == ",":
            start = index + 1
    return found[start:end]


def _arguments(found: list[Token], rule: Rule) -> Iterator[str]:
    """Of a function: the names between the parentheses of its head."""
    index = rule.begin + (found[rule.begin].text == "default") + 1
    while index + 1 < rule.end and found[index].text == "." and found[index + 1].kind == "name":
        index += 2
    if index < rule.end and found[index].text == "(":
        yield from _names(found[index + 1 : closing(found, index)])
