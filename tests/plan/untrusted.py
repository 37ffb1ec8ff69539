"""Texts that somebody else wrote, to deceive a reader or a terminal."""

import json
import re
import unicodedata
from pathlib import Path

CORPUS: dict[str, str] = json.loads((Path(__file__).parent / "corpus" / "untrusted.json").read_text())

DECEIVING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
INVISIBLE = re.compile("[\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff]")


def deceives(text: str, *, newlines: bool = False) -> list[str]:
    """The characters of a text that may not reach a terminal."""
    return [
        character
        for character in text
        if (unicodedata.category(character) in DECEIVING or INVISIBLE.match(character))
        and not (newlines and character == "\n")
    ]
