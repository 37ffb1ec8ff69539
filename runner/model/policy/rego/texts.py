"""Texts of Rego: what is between their quotes, and the parts of a format."""

import json
import re
from collections.abc import Iterator

from runner.model.policy.rego.tokens import Token

_VERB = re.compile(r"%[-+# 0]*[0-9]*(?:\.[0-9]+)?[a-zA-Z%]")


def parts_of(form: str) -> Iterator[tuple[str, bool]]:
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


def inside(text: Token) -> str:
    """What is between the quotes, with the escapes of a quoted text."""
    if text.text.startswith('"'):
        return plain(text)[1:-1]
    return json.dumps(text.text[1:-1], ensure_ascii=False)[1:-1]


def plain(token: Token) -> str:
    """A token with its characters instead of their numbers: regopy compares texts as they are written."""
    if token.kind != "text" or not token.text.startswith('"') or "\\u" not in token.text:
        return token.text
    try:
        return json.dumps(json.loads(token.text), ensure_ascii=False)
    except ValueError:
        return token.text
