"""A key as the configuration gives it: 32 bytes as 64 hexadecimal digits or as base64."""

import base64

from runner.model.values.regex import regex

_HEX = regex(r"[0-9a-fA-F]{64}")
_BASE64 = regex(r"[A-Za-z0-9+/_-]{43}=?")


def read_key(text: str) -> bytes:
    """The key, or ValueError without the text in it."""
    text = text.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    if _BASE64.fullmatch(text):
        # 43 digits and their padding: always 32 bytes, in either alphabet.
        return base64.b64decode(text.rstrip("=").replace("-", "+").replace("_", "/") + "=")
    raise ValueError("expected 32 bytes as hexadecimal digits or as base64")
