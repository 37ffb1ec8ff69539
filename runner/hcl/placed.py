"""HCL with the place of each value. What is worked out, such as a template or a loop, is `Other` as a whole."""

from runner.hcl.blocks import labels_of
from runner.hcl.expressions import pieces
from runner.hcl.tokens import NotHcl, Token, Tokens, has_template, unquoted
from runner.hcl.values import skip_rest
from runner.model.accept.syntax import (
    Attribute,
    Block,
    Body,
    Call,
    Constant,
    Entries,
    Entry,
    Items,
    Node,
    Other,
    Reference,
    Style,
)

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def placed(text: str) -> Body:
    """The attributes and blocks of a file; NotHcl."""
    try:
        return _body(Tokens(text), "end", 0)
    except RecursionError:
        raise NotHcl("nested more deeply than can be followed") from None


def _body(tokens: Tokens, closing: str, start: int) -> Body:
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    while (token := _past_newlines(tokens)).kind != closing:
        if token.kind != "name":
            raise tokens.error("expected the name of an attribute or of a block", token.start)
        name = tokens.of(token)
        if tokens.peek().kind == "=":
            tokens.take()
            attributes.append(Attribute(name, token.start, _value(tokens, {"newline", closing})))
        else:
            labels = labels_of(tokens)
            body = _body(tokens, "}", tokens.position)
            blocks.append(Block(name, labels, token.start, body.end + 1, body))
        if tokens.peek().kind not in {"newline", closing}:
            raise tokens.error(f"{name} ends with its line", token.start)
    return Body(start, token.start, tuple(attributes), tuple(blocks))


def _value(tokens: Tokens, ends: set[str], *, lines_end: bool = True) -> Node:
    """The expression before one of these tokens, which stays unread."""
    if not lines_end:
        _drop_newlines(tokens)
    first = tokens.take()
    if first.kind in {*ends, "newline", "end"}:
        raise tokens.error("expected a value", first.start)
    found = _term(tokens, first)
    if not lines_end:
        _drop_newlines(tokens)
    if tokens.peek().kind in ends:
        return found
    return Other(first.start, skip_rest(tokens, ends, through_newlines=not lines_end))


def _term(tokens: Tokens, first: Token) -> Node:
    match first.kind:
        case "name":
            return _named(tokens, first)
        case "[":
            return _list(tokens, first)
        case "{":
            return _map(tokens, first)
        case "(":
            inner = _value(tokens, {")"}, lines_end=False)
            tokens.take()
            return inner
        case "-" if tokens.peek().kind == "number":
            end = tokens.take().end
            return Constant(first.start, end, number(tokens.text[first.start : end]))
        case kind:
            return _written(kind, tokens.of(first), first)


def _written(kind: str, raw: str, token: Token) -> Node:
    match kind:
        case "string":
            return _text(raw, token)
        case "heredoc" if not has_template(raw):
            return Constant(token.start, token.end, heredoc_value(raw), Style.HEREDOC)
        case "number":
            return Constant(token.start, token.end, number(raw))
        case _:
            return Other(token.start, token.end)


def _named(tokens: Tokens, first: Token) -> Node:
    raw = tokens.of(first)
    if raw in _CONSTANTS:
        return Constant(first.start, first.end, _CONSTANTS[raw])
    if tokens.peek().kind == "(":
        tokens.take()
        return _call(tokens, first, raw)
    return _reference(tokens, first, raw)


def _text(raw: str, token: Token) -> Node:
    if not has_template(raw):
        return Constant(token.start, token.end, unquoted(raw), Style.QUOTED)
    return reference_in(raw[1:-1], token.start, token.end)


def reference_in(raw: str, start: int, end: int) -> Node:
    """Of a template: `"${var.x}"` is `var.x` itself."""
    try:
        found = list(pieces(raw))
        if len(found) == 1 and found[0][0]:
            tokens = Tokens(found[0][1])
            inner = _value(tokens, {"end"}, lines_end=False)
            if isinstance(inner, Reference) and not any(map(_is_node, inner.steps)):
                return Reference(start, end, inner.root, inner.steps, inner.splat)
    except NotHcl:
        pass
    return Other(start, end)


def _is_node(step: str | Node) -> bool:
    return not isinstance(step, str | Constant)


def _call(tokens: Tokens, first: Token, name: str) -> Node:
    arguments: list[Node] = []
    while True:
        _drop_newlines(tokens)
        if tokens.peek().kind == ")":
            return Call(first.start, tokens.take().end, name, tuple(arguments))
        arguments.append(_value(tokens, {",", ")", "."}, lines_end=False))
        if tokens.peek().kind == ".":  # the dots of `f(list...)`
            end = skip_rest(tokens, {")"}, through_newlines=True)
            arguments[-1] = Other(arguments[-1].start, end)
        if tokens.peek().kind == ",":
            tokens.take()


def _reference(tokens: Tokens, first: Token, root: str) -> Node:
    steps: list[str | Node] = []
    end, splat = first.end, False
    while True:
        following = tokens.peek()
        if following.kind == "." and not tokens.text.startswith("...", following.start):
            tokens.take()
            step = tokens.take()
            if step.kind not in {"name", "number", "*"}:
                raise tokens.error("expected an attribute", step.start)
            splat = splat or step.kind == "*"
            steps.append(tokens.of(step))
            end = step.end
        elif following.kind == "[":
            tokens.take()
            if tokens.peek().kind == "*":
                tokens.take()
                splat = True
            else:
                steps.append(_value(tokens, {"]"}, lines_end=False))
            end = tokens.take().end
        else:
            return Reference(first.start, end, root, tuple(steps), splat)


def _list(tokens: Tokens, first: Token) -> Node:
    found: list[Node] = []
    while True:
        _drop_newlines(tokens)
        if tokens.peek().kind == "]":
            return Items(first.start, tokens.take().end, tuple(found))
        if tokens.of(tokens.peek()) == "for":
            return _rest(tokens, first, "]")
        found.append(_value(tokens, {",", "]"}, lines_end=False))
        if tokens.peek().kind == ",":
            tokens.take()


def _map(tokens: Tokens, first: Token) -> Node:
    found: list[Entry] = []
    while True:
        _drop_newlines(tokens)
        key = tokens.peek()
        if key.kind == "}":
            return Entries(first.start, tokens.take().end, tuple(found))
        raw = tokens.of(key)
        if raw == "for" or key.kind not in {"name", "string"} or has_template(raw):
            return _rest(tokens, first, "}")
        tokens.take()
        if tokens.peek().kind not in {"=", ":"}:
            return _rest(tokens, first, "}")
        tokens.take()
        name = raw if key.kind == "name" else unquoted(raw)
        found.append(Entry(name, key.start, _value(tokens, {",", "newline", "}"})))
        if tokens.peek().kind == ",":
            tokens.take()


def _rest(tokens: Tokens, first: Token, closing: str) -> Other:
    """A loop, or a map with computed keys."""
    while tokens.peek().kind != closing:
        skip_rest(tokens, {closing, ",", "=", ":"}, through_newlines=True)
        if tokens.peek().kind != closing:
            tokens.take()
    return Other(first.start, tokens.take().end)


def _past_newlines(tokens: Tokens) -> Token:
    while (token := tokens.take()).kind == "newline":
        pass
    return token


def _drop_newlines(tokens: Tokens) -> None:
    while tokens.peek().kind == "newline":
        tokens.take()


def number(raw: str) -> int | float:
    return int(raw) if raw.lstrip("-").isdigit() else float(raw)


def heredoc_value(raw: str) -> str:
    """Its text, with the last newline, which belongs to it."""
    lines = heredoc_lines(raw)
    indent = heredoc_indent(raw)
    text = "".join(f"{line[indent:]}\n" for line in lines)
    return text.replace("$${", "${").replace("%%{", "%{")


def heredoc_lines(raw: str) -> list[str]:
    return raw.replace("\r\n", "\n").split("\n")[1:-1]


def heredoc_indent(raw: str) -> int:
    """The blanks that `<<-` takes from each line."""
    if not raw.startswith("<<-"):
        return 0
    return min((len(line) - len(line.lstrip()) for line in heredoc_lines(raw) if line.strip()), default=0)
