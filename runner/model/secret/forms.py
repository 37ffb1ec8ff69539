"""The forms a secret takes inside other programs' text: escaped, encoded, quoted, cut into lines.

There are two ways to find them. A skeleton is a text without its punctuation, its case and its escapes, so
that most forms share one. Forms with another skeleton (base64, hex) are spelled out.
"""

import html
import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from runner.model.values.regex import regex

# Each is one character when decoded: escapes of JSON and Go, of a URL, of HTML; and terminal control sequences.
_PIECE = regex(
    r"(?P<word>[0-9A-Za-z]+)"
    r"|\\+(?:u(?P<unicode>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|[abfnrtv])"
    r"|%(?P<percent>[0-9a-fA-F]{2})"
    r"|&(?:\#(?P<number>[0-9]{1,7})|\#[xX](?P<hex>[0-9a-fA-F]{1,6})|[a-z]{2,6});"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
)
_PUNCTUATION = regex(r"[^0-9A-Za-z]+")
_ESCAPES = regex(r"[\\%&\x1b]")
# Bytes before a secret shift its base64 by zero, one or two of them; the first character that depends on it alone.
_SHIFTS = ((0, 0), (1, 2), (2, 3))
# What Go's encoding/json always escapes.
_GO = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def skeleton(text: str) -> str:
    """The ASCII letters and digits of a text, in lower case."""
    if _ESCAPES.search(text) is None:
        return _PUNCTUATION.sub("", text).lower()
    return "".join(plain for _, _, plain in _pieces(text)).lower()


def places(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The positions in the text of spans of its skeleton; they are in order and do not overlap."""
    wanted = [position for start, end in spans for position in (start, end - 1)]
    found: list[tuple[int, int]] = []
    seen = 0
    for begin, end, plain in _pieces(text):
        while len(found) < len(wanted) and wanted[len(found)] < seen + len(plain):
            # A word is there letter by letter, an escape as a whole.
            at = begin + wanted[len(found)] - seen
            found.append((at, at + 1) if end - begin == len(plain) else (begin, end))
        seen += len(plain)
    return [(first[0], last[1]) for first, last in zip(found[::2], found[1::2], strict=True)]


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end, and the letters and digits that each represents."""
    for piece in _PIECE.finditer(text):
        kind = piece.lastgroup
        if kind == "word":
            yield piece.start(), piece.end(), piece[0]
        elif kind is not None:
            number = int(piece[kind], 10 if kind == "number" else 16)
            char = chr(number) if number < 0x80 else ""
            yield piece.start(), piece.end(), char if char.isalnum() else ""


def written(text: str) -> tuple[str, ...]:
    """The text as programs write it inside other text; longest first."""
    forms = {text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}
    for form in tuple(forms):
        ascii_json, plain_json = json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]
        go = plain_json.translate(_GO)
        forms |= {
            ascii_json,
            plain_json,
            go,
            json.dumps(ascii_json)[1:-1],
            json.dumps(go, ensure_ascii=False)[1:-1],
        }
        forms |= {html.escape(form), html.escape(form).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")}
        for quoted in (
            quote(form, safe=""),
            quote(form),
            quote_plus(form),
            quote(quote(form, safe=""), safe=""),
        ):
            forms |= {quoted, re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)}
        forms |= {quote(go, safe=""), repr(form)[1:-1]}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def encoded(text: str) -> Iterator[str]:
    """The text in other encodings, as far as it alone determines the characters."""
    for form in {text, json.dumps(text, ensure_ascii=False)[1:-1], quote(text, safe="")}:
        raw = form.encode()
        yield from (raw.hex(), " ".join(map(str, raw)))
        for once in _base64(raw):
            yield once
            yield from _base64(once.encode())
    yield from _base64(text.encode("utf-16-le"))


def _base64(raw: bytes) -> Iterator[str]:
    """For each shift, without the characters that also depend on the bytes before and after."""
    for shift, first in _SHIFTS:
        whole = (shift + len(raw)) * 8 // 6
        yield b64encode(bytes(shift) + raw).decode()[first:whole]
