"""Sizes of memory as people write them: `700MB`, `1.5GB`, `512MiB`."""

import re

from runner.model.values.regex import regex

_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_SIZE = regex(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s?([KMGT]I?B|B)", re.IGNORECASE)


def parse_size(text: str) -> int:
    """The size in bytes, or ValueError with the expected format."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected a size such as 700MB, 1.5GB or 512MiB")
    return int(float(match[1]) * _UNITS[match[2].upper()])
