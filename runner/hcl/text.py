"""The text of a configuration file, as engines read it."""

import re

from runner.hcl.tokens import Tokens

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def hcl_text(content: bytes) -> str:
    """UnicodeDecodeError if anything but a comment is not UTF-8, which HCL refuses as well; NotHcl."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", errors="surrogateescape")
        parts, position = [], 0
        for start, end in Tokens(text).comments():
            parts += [text[position:start], _NOT_UTF8.sub("\ufffd", text[start:end])]
            position = end
        known = "".join((*parts, text[position:]))
        if _NOT_UTF8.search(known) is not None:
            raise
        return known
