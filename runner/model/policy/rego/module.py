"""One Rego module: its package, its imports and its rules."""

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from runner.model.policy.rego.tokens import Token, Unreadable, tokens

_NOT_A_RULE = frozenset({"package", "import"})
_GO_ON = frozenset({"else", "if", "contains", "with", "as"})  # never the first word of a rule


class Rule(NamedTuple):
    """The tokens `begin` to `end` of one rule; `name` is the first part of its head."""

    name: str
    begin: int
    end: int


class Module:
    """Not a dataclass, whose import the process of regopy is spared."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.source = file, source

    @cached_property
    def tokens(self) -> list[Token]:
        return tokens(self.source)

    @cached_property
    def package(self) -> str:
        """Such as `main`; Unreadable without one."""
        found = self.tokens
        if len(found) < 2 or found[0].text != "package" or found[1].kind != "name":
            raise Unreadable("expected a package first", found[0].line if found else 1, 1)
        index, parts = 2, [found[1].text]
        while index + 1 < len(found) and found[index].text == "." and found[index + 1].kind == "name":
            parts.append(found[index + 1].text)
            index += 2
        return ".".join(parts)

    @cached_property
    def imports(self) -> dict[str, str]:
        """By the name that they have here: `import data.lib.aws as cloud` is cloud -> data.lib.aws."""
        return dict(_imports(self.tokens))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(_rules(self.tokens))

    @cached_property
    def is_v1(self) -> bool:
        """Whether it is written in Rego v1 without an import that says so in v0 too."""
        if "rego.v1" in self.imports.values():
            return True
        if any(path.startswith("future.keywords") for path in self.imports.values()):
            return False
        return any(
            one.kind == "name" and one.text in {"if", "contains"} and then.text != "("
            for one, then in pairwise(self.tokens)
        )


def _imports(found: list[Token]) -> Iterator[tuple[str, str]]:
    for index, token in enumerate(found):
        if token.text != "import" or not token.first:
            continue
        end = index + 1
        while end < len(found) and not found[end].first:
            end += 1
        words = [one.text.strip('"') for one in found[index + 1 : end]]
        alias = words[words.index("as") + 1] if "as" in words[:-1] else ""
        path = [word for word in words[: words.index("as") if alias else None] if word not in ".[]"]
        if path:
            yield alias or path[-1], ".".join(path)


def _rules(found: list[Token]) -> Iterator[Rule]:
    """A rule begins with a name at the start of a line outside of all brackets, and lasts until the next one."""
    begin: int | None = None
    depth = 0
    for index, token in enumerate(found):
        if depth == 0 and token.first and token.kind == "name" and token.text not in _GO_ON:
            if begin is not None:
                yield _rule(found, begin, index)
            begin = index if token.text not in _NOT_A_RULE else None
        if token.kind == "mark":
            depth += (token.text in "([{") - (token.text in ")]}")
    if begin is not None:
        yield _rule(found, begin, len(found))


def _rule(found: list[Token], begin: int, end: int) -> Rule:
    named = begin + 1 if found[begin].text == "default" and begin + 1 < end else begin
    return Rule(found[named].text, begin, end)
