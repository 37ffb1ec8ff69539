r"""A module's text as regopy has to get it, with the same lines: where regopy differs from OPA, policies would pass too much.

- A partial set of Rego v0, `name[x] { ... }`, is an object of `true` there: what iterates over such a set finds nothing.
  Its head becomes `name contains x if`.
- `sprintf` with more than one verb puts quotes around values of variables and of functions, so that the text equals
  no other. It becomes `concat` of calls with one verb each.
- `with input as ...` crashes where the rule asks another rule, and `with input.key as ...` does not. The document is
  therefore under a key of the input.
- A text is compared as it is written: `\u00e9` is not `é`.
"""

import json
import re
from collections.abc import Iterator

from runner.model.policy.rego.module import Module
from runner.model.policy.rego.tokens import Token, closing

ROOT = "root"  # the key of the input that has the document
_VERB = re.compile(r"%[-+# 0]*[0-9]*(?:\.[0-9]+)?[a-zA-Z%]")


def modern(of: Module) -> str:
    writer = _Writer(of)
    return writer.between(0, len(of.tokens)) if of.tokens else of.source


class _Writer:
    def __init__(self, of: Module) -> None:
        self.source, self.tokens = of.source, of.tokens
        self.heads = dict(_old_heads(of))

    def between(self, begin: int, end: int) -> str:
        """The text of these tokens, with what is before each on its line or lines."""
        pieces, index = list[str](), begin
        while index < end:
            pieces.append(self._gap(index))
            if index in self.heads:
                closes = self.heads[index]
                inner = self.between(index + 1, closes)
                body = closes + 1 < len(self.tokens) and self.tokens[closes + 1].text == "{"
                pieces.append(f" contains {inner}{' if ' if body else ''}")
                index = closes + 1
            elif (written := self._sprintf(index)) is not None:
                text, index = written
                pieces.append(text)
            else:
                pieces.append(self._word(index))
                index += 1
        if end == len(self.tokens):
            pieces.append(self.source[self.tokens[-1].end :])
        return "".join(pieces)

    def _word(self, index: int) -> str:
        token = self.tokens[index]
        is_root = (
            token.text == "input"
            and token.kind == "name"
            and (index == 0 or self.tokens[index - 1].text != ".")
        )
        return f"input.{ROOT}" if is_root else _plain(token)

    def _gap(self, index: int) -> str:
        before = self.tokens[index - 1].end if index else 0
        return self.source[before : self.tokens[index].start]

    def _sprintf(self, index: int) -> tuple[str, int] | None:
        """The call that begins here, written anew, and what comes after; None for anything else."""
        found = self.tokens
        if found[index].text != "sprintf" or index + 4 >= len(found) or found[index + 1].text != "(":
            return None
        form, opens, end = found[index + 2], index + 4, closing(found, index + 1)
        if form.kind != "text" or found[index + 3].text != "," or found[opens].text != "[":
            return None
        if closing(found, opens) != end - 1:
            return None
        values = [self.between(*one).strip() for one in self._elements(opens, end - 1)]
        parts = list(_parts(_inside(form)))
        verbs = sum(verb for _, verb in parts)
        if verbs != len(values) or len(parts) < 2:
            return None
        rest = iter(values)
        texts = [
            f'sprintf("{part}", [{next(rest)}])' if verb else f'"{part.replace("%%", "%")}"'
            for part, verb in parts
        ]
        return f'concat("", [{", ".join(texts)}])', end + 1

    def _elements(self, opens: int, closes: int) -> Iterator[tuple[int, int]]:
        begin, depth = opens + 1, 0
        for index in range(opens + 1, closes):
            text = self.tokens[index].text if self.tokens[index].kind == "mark" else ""
            depth += (text != "" and text in "([{") - (text != "" and text in ")]}")
            if depth == 0 and text == ",":
                yield begin, index
                begin = index + 1
        if begin < closes:
            yield begin, closes


def _parts(form: str) -> Iterator[tuple[str, bool]]:
    """The format in pieces: each verb, and the texts around them."""
    begin = at = 0
    while (match := _VERB.search(form, at)) is not None:
        at = match.end()
        if match[0] == "%%":
            continue
        if match.start() > begin:
            yield form[begin : match.start()], False
        yield match[0], True
        begin = at
    if begin < len(form):
        yield form[begin:], False


def _inside(text: Token) -> str:
    """What is between the quotes, with the escapes of a quoted text."""
    return (
        _plain(text)[1:-1]
        if text.text.startswith('"')
        else json.dumps(text.text[1:-1], ensure_ascii=False)[1:-1]
    )


def _plain(token: Token) -> str:
    if token.kind != "text" or not token.text.startswith('"') or "\\u" not in token.text:
        return token.text
    try:
        return json.dumps(json.loads(token.text), ensure_ascii=False)
    except ValueError:
        return token.text


def _old_heads(of: Module) -> Iterator[tuple[int, int]]:
    """The brackets of heads like `name[x] {` and `name[x]`; with a value they are objects in v1 too."""
    if "rego.v1" in of.imports.values():
        return
    found = of.tokens
    for rule in of.rules:
        opens = rule.begin + 1
        if opens >= rule.end or found[opens].text != "[" or found[rule.begin].text == "default":
            continue
        closes = closing(found, opens)
        if closes + 1 >= rule.end or found[closes + 1].text == "{":
            yield opens, closes
