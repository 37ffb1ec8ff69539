"""python-hcl2 for what `blocks` finds unclear, brought into the same form."""

import re
from collections.abc import Mapping
from typing import Any

from runner.engine.blocks import Block, Computed

_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))')
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class NotHcl(Exception):
    """python-hcl2 can not read it."""


def parse(text: str) -> dict[str, Any]:
    """The body of a file: attributes, and blocks by kind as lists of (labels, body)."""
    import hcl2
    from hcl2.utils import SerializationOptions
    from lark.exceptions import LarkError

    options = SerializationOptions(with_comments=False, preserve_heredocs=False)
    try:
        return _body(hcl2.loads(text, serialization_options=options))
    except (LarkError, RecursionError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotHcl(str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def parse_block(block: Block) -> dict[str, Any]:
    """The body of one block."""
    [(_, body)] = parse(f"{block.text}\n")[block.kind]
    assert isinstance(body, dict)
    return body


def _body(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {_name(key): _value(value) for key, value in raw.items() if key != "__is_block__"}


def _value(raw: Any) -> Any:
    match raw:
        case str():
            return _string(raw)
        case list() if any(_is_block(part) for part in raw):
            return [_block(part) for part in raw]
        case list():
            return [_value(part) for part in raw]
        case dict():
            return _body(raw)
        case _:
            return raw


def _is_block(raw: Any) -> bool:
    """Whether the dict is the body of a block, below any number of labels."""
    while isinstance(raw, dict) and "__is_block__" not in raw and len(raw) == 1:
        raw = next(iter(raw.values()))
    return isinstance(raw, dict) and "__is_block__" in raw


def _block(raw: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    labels: tuple[str, ...] = ()
    while "__is_block__" not in raw:
        [(label, raw)] = raw.items()
        labels = (*labels, _name(label))
    return labels, _body(raw)


def _name(key: str) -> str:
    return _unescape(key[1:-1]) if key.startswith('"') and len(key) > 1 else key


def _string(raw: str) -> Any:
    if not raw.startswith('"'):
        return Computed(raw[2:-1] if raw.startswith("${") else raw)
    if _TEMPLATE.search(raw):
        return Computed(raw)
    return _unescape(raw[1:-1]).replace("$${", "${").replace("%%{", "%{")


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: _PLAIN[m[3]] if m[3] else chr(int(m[1] or m[2], 16)), text)
