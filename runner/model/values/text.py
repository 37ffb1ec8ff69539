"""The one encoder for untrusted text on its way to a terminal, a log line or the journal."""

import re

from runner.model.values.regex import regex

# Characters that move a cursor, change the writing direction, hide, or start a line. A plain table, because
# asking unicodedata about every code point takes longer than the whole of `driftline version`; a test
# compares the two.
UNSAFE_CHARACTERS = (
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # format characters of Arabic and Syriac
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidirectional controls
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # blanks that are no spaces, selectors, annotations
    "\ud800-\udfff"  # lone surrogates
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and variation selectors: text that nobody sees
    "]"
)
UNSAFE = regex(UNSAFE_CHARACTERS)
_UNSAFE_BUT_NEWLINE = regex(UNSAFE_CHARACTERS.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_NAMES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def safe_text(text: str, *, newlines: bool = False) -> str:
    r"""The text with everything that could deceive a reader as a visible escape such as `\x1b` or `\u202e`.

    With `newlines` a line feed is kept. Backslashes are not doubled, so that paths stay readable.
    """
    return (_UNSAFE_BUT_NEWLINE if newlines else UNSAFE).sub(_escape, text)


def whole(text: str) -> str:
    """With a replacement for each half of a surrogate pair, which JSON may contain and no database takes."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _NAMES:
        return _NAMES[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
