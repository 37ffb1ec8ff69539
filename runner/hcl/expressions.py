"""Expressions that name files, evaluated as far as they are explicit."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner.hcl.tokens import NotHcl, Token, Tokens, has_template, unquoted
from runner.model.code.file_reads import FILESET, UNCLEAR, Opaque, Reference, Template

READERS = frozenset(
    {
        "file", "filebase64", "filebase64sha256", "filebase64sha512", "fileexists", "filemd5", "filesha1",
        "filesha256", "filesha512", "templatefile", FILESET,
    }
)  # fmt: skip
LONGEST = 8192  # characters of an expression that is parsed
_KNOWN_ROOTS = frozenset({"var", "local", "path", "terraform", "count"})
_WORDS = frozenset({"for", "in", "if", "else", "endif", "endfor", "true", "false", "null"})
# Functions that return their argument, as far as a path is concerned.
_SAME = frozenset({"abspath", "pathexpand", "tostring"})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# Functions that return one of their texts unchanged, or none: they create no new `..`.
_WHOLE = frozenset(
    {
        "abspath", "basename", "can", "chunklist", "coalesce", "coalescelist", "compact", "concat", "contains", "distinct",
        "element", "flatten", "index", "jsonencode", "keys", "length", "lookup", "lower", "matchkeys", "max", "merge", "min",
        "nonsensitive", "one", "pathexpand", "range", "reverse", "sensitive", "setintersection", "setproduct", "setsubtract",
        "setunion", "slice", "sort", "sum", "tobool", "tolist", "tomap", "tonumber", "toset", "tostring", "transpose", "try",
        "upper", "values", "zipmap",
    }
)  # fmt: skip
# What leads upwards, or does so once something comes before or after it.
_UP = re.compile(r'(?:^|[/"}])\.\.?(?:[/"$]|$)')
_TEMPLATE_START = re.compile(r"\$\$\{|%%\{|[$%]\{")

Loops = Mapping[str, Sequence[str]]  # what each loop variable iterates over


def all_tokens(text: str) -> list[Token]:
    """Without newlines, which mean nothing inside an expression."""
    tokens, found = Tokens(text), list[Token]()
    while (token := tokens.take()).kind != "end":
        if token.kind != "newline":
            found.append(token)
    return found


def pieces(raw: str) -> Iterator[tuple[bool, str]]:
    """The literal and the computed parts (True) of a template, without its markers."""
    position = start = 0
    while (found := _TEMPLATE_START.search(raw, position)) is not None:
        position = found.end()
        if len(found[0]) == 3:
            continue  # an escaped one
        if start < found.start():
            yield False, raw[start : found.start()]
        position = Tokens(raw).past_braces(position)
        inner = raw[found.end() : position - 1].strip("~")
        if found[0] == "%{":
            raise NotHcl("a directive is not worked out")
        yield True, inner
        start = position
    if start < len(raw):
        yield False, raw[start:]


def inside(raw: str) -> Iterator[str]:
    """The expressions in a template, including those of directives."""
    position = 0
    while (found := _TEMPLATE_START.search(raw, position)) is not None:
        position = found.end()
        if len(found[0]) == 2:
            position = Tokens(raw).past_braces(position)
            yield raw[found.end() : position - 1].strip("~")


class Expressions:
    """The expressions of one block. `loops` says what its loops, and `each`, iterate over."""

    def __init__(self, loops: Loops | None = None) -> None:
        self._loops = loops or {}
        self._of_loops: dict[str, tuple[list[str], bool]] = {}

    def branches(self, text: str) -> tuple[Template, ...]:
        """One template, or one for each branch of a condition."""
        try:
            return tuple(self._branches(text, all_tokens(text))) if len(text) <= LONGEST else (UNCLEAR,)
        except (NotHcl, RecursionError):
            return (UNCLEAR,)

    def template(self, text: str) -> Template:
        found = self.branches(text)
        return found[0] if len(found) == 1 else (self.opaque(text),)

    def text(self, raw: str, *, quoted: bool = True) -> Template:
        """The text between quotes; in JSON its escapes are resolved already."""
        try:
            return tuple(self._text(raw, quoted=quoted))
        except (NotHcl, RecursionError):
            return UNCLEAR

    def opaque(self, text: str) -> Opaque:
        try:
            references, climbs = self._depends_on(text)
        except (NotHcl, RecursionError):
            return Opaque(("?",))
        return Opaque(tuple(dict.fromkeys(references)), climbs)

    def _branches(self, text: str, tokens: list[Token]) -> Iterator[Template]:
        while len(tokens) > 2 and tokens[0].kind == "(" and _closes(tokens, 0) == len(tokens) - 1:
            tokens = tokens[1:-1]
        asked = _at_top(tokens, "?")
        if asked is None:
            yield self._one(text, tokens)
            return
        other = _other_branch(tokens, asked)
        yield from self._branches(text, tokens[asked + 1 : other])
        yield from self._branches(text, tokens[other + 1 :])

    def _one(self, text: str, tokens: list[Token]) -> Template:
        if not tokens:
            return UNCLEAR
        first, source = tokens[0], text[tokens[0].start : tokens[-1].end]
        if len(tokens) == 1 and first.kind == "string":
            return tuple(self._text(source[1:-1], quoted=True))
        if len(tokens) == 1 and first.kind == "number":
            return (source,)
        if first.kind == "name":
            name = _reference(text, tokens)
            if name is not None and name.split(".")[0] in _KNOWN_ROOTS:
                return (Reference(name),)
            if len(tokens) > 2 and tokens[1].kind == "(" and _closes(tokens, 1) == len(tokens) - 1:
                called = self._called(text, text[first.start : first.end], tokens[2:-1])
                if called is not None:
                    return called
        return (self.opaque(source),)

    def _called(self, text: str, name: str, tokens: list[Token]) -> Template | None:
        given = list(_split(tokens))
        if name in _SAME and len(given) == 1:
            return self._one(text, given[0])
        if name == "join" and len(given) == 2 and given[1] and given[1][0].kind == "[":
            between = self._one(text, given[0])
            parts = [self._one(text, part) for part in _split(given[1][1:-1])]
            return tuple(
                piece for at, part in enumerate(parts) for piece in (*(between if at else ()), *part)
            )
        if name == "format" and given and len(given[0]) == 1 and given[0][0].kind == "string":
            form = unquoted(text[given[0][0].start : given[0][0].end]).split("%s")
            if not has_template(text[given[0][0].start : given[0][0].end]) and "%" not in "".join(form):
                parts = [self._one(text, part) for part in given[1:]]
                if len(parts) == len(form) - 1:
                    return (
                        form[0],
                        *(p for part, then in zip(parts, form[1:], strict=True) for p in (*part, then)),
                    )
        return None

    def _text(self, raw: str, *, quoted: bool) -> Iterator[str | Reference | Opaque]:
        for computed, part in pieces(raw):
            if computed:
                yield from self.template(part)
            else:
                plain = unquoted(f'"{part}"') if quoted else part.replace("$${", "${").replace("%%{", "%{")
                if "\0" in plain:
                    raise NotHcl("a path with a NUL")
                yield plain

    def _depends_on(self, text: str) -> tuple[list[str], bool]:
        """Everything that the expression refers to, with loops resolved to their collections; and whether a
        text in it leads upwards.
        """
        found: list[str] = []
        climbs = False
        tokens = all_tokens(text)
        skipped = 0
        for at, token in enumerate(tokens):
            raw = text[token.start : token.end]
            if raw == FILESET and at + 1 < len(tokens) and tokens[at + 1].kind == "(":
                skipped = _closes(tokens, at + 1)  # its results are names below its folder, whichever that is
            if at < skipped:
                continue
            if token.kind in {"string", "heredoc"}:
                climbs = climbs or _UP.search(unquoted(raw) if token.kind == "string" else raw) is not None
                more = [self._depends_on(part) for part in inside(raw)]
            elif token.kind == "name":
                more = [self._root(tokens, at, text)]
            else:
                continue
            found += [name for names, _ in more for name in names]
            climbs = climbs or any(up for _, up in more)
        return found, climbs

    def _root(self, tokens: list[Token], at: int, text: str) -> tuple[list[str], bool]:
        name = text[tokens[at].start : tokens[at].end]
        before = tokens[at - 1].kind if at else ""
        after = tokens[at + 1].kind if at + 1 < len(tokens) else ""
        if after == "(":
            # A file may contain any path; a fileset yields paths below its folder.
            return ([] if name in _WHOLE or name == FILESET else ["?"]), False
        if before == "." or after == "=" or name in _WORDS:
            return [], False
        if name in self._loops:
            return self._of_loop(name)
        if name in _KNOWN_ROOTS and after == "." and at + 2 < len(tokens):
            return [f"{name}.{text[tokens[at + 2].start : tokens[at + 2].end]}"], False
        return ["?"], False

    def _of_loop(self, name: str) -> tuple[list[str], bool]:
        """Each once: nested loops could otherwise be asked for without end."""
        if name not in self._of_loops:
            self._of_loops[name] = [], False  # in case it iterates over itself
            dependencies = [self._depends_on(one) for one in self._loops[name]]
            names = dict.fromkeys(n for found, _ in dependencies for n in found)
            self._of_loops[name] = list(names), any(up for _, up in dependencies)
        return self._of_loops[name]


def _reference(text: str, tokens: Iterable[Token]) -> str | None:
    """`local.paths["x"]` as `local.paths.x`; None for anything else."""
    parts: list[str] = []
    expected = "name"
    for token in tokens:
        raw = text[token.start : token.end]
        match expected, token.kind:
            case "name", "name" | "number":
                parts.append(raw)
                expected = "more"
            case "key", "string" if not has_template(raw):
                parts.append(unquoted(raw))
                expected = "]"
            case "key", "number":
                parts.append(raw)
                expected = "]"
            case "more", ".":
                expected = "name"
            case "more", "[":
                expected = "key"
            case "]", "]":
                expected = "more"
            case _:
                return None
    return ".".join(parts) if expected == "more" else None


def _closes(tokens: list[Token], opening: int) -> int:
    """The position of the matching bracket; beyond the end if there is none."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at].kind in _OPENING) - (tokens[at].kind in _CLOSING)
        if depth == 0:
            return at
    return len(tokens)


def _at_top(tokens: list[Token], kind: str) -> int | None:
    depth = 0
    for at, token in enumerate(tokens):
        if depth == 0 and token.kind == kind:
            return at
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
    return None


def _other_branch(tokens: list[Token], asked: int) -> int:
    brackets = conditions = 0
    for at in range(asked + 1, len(tokens)):
        kind = tokens[at].kind
        brackets += (kind in _OPENING) - (kind in _CLOSING)
        if brackets == 0 and kind in {"?", ":"}:
            if kind == ":" and conditions == 0:
                return at
            conditions += 1 if kind == "?" else -1
    raise NotHcl("a condition with one branch")


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """At the commas between arguments."""
    part: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if depth == 0 and token.kind == ",":
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part
