"""Values of others in a message: no name, branch, path or error makes a mention, a link, markup or another line."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Literal

from runner.model.values.markdown import sentence
from runner.model.values.text import safe_text

Form = Literal["text", "markdown", "html"]
LONGEST = 600
_BREAK = "\u200b"  # a zero-width space, within what a program would take for a mention or an address
# Where chats and mail programs see one: @here, <!channel>, https://, www., mailto:, example.com, [text](address).
_TAKEN = re.compile(
    r"(?<=[@<\uff20\uff1c])|(?<=:)(?=//)|(?<=\])(?=[(\[:])|(?i:(?<=\bwww)(?=\.)|(?<=\bmailto)(?=:)|(?<=\btel)(?=:))"
    r"|(?<=\w\.)(?=[^\W\d_]{2})"
)


class Own(str):
    """A text of ours or the operator's, such as a command or a link: kept as it is, but for the characters of HTML."""

    __slots__ = ()


def plain(value: object) -> str:
    """In one line, bounded, with nothing that a program would act on."""
    return _broken(_line(value))


def _line(value: object) -> str:
    text = safe_text(" ".join(str(value)[: LONGEST * 4].split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _broken(text: str) -> str:
    return _TAKEN.sub(_BREAK, text)


def _markdown(value: object) -> str:
    """Chats know code spans of one backtick only. Some look for mentions even there."""
    return _broken(sentence(_line(value).replace("`", "'")))


def _html(value: object) -> str:
    return html.escape(plain(value))


_FOREIGN: Mapping[Form, Callable[[object], str]] = {"text": plain, "markdown": _markdown, "html": _html}


def written(value: object, form: Form) -> Own:
    """The value as a part of a text in this form. What has been written stays as it is."""
    if isinstance(value, _Written):
        return value
    if isinstance(value, Own):
        return _Written(html.escape(value) if form == "html" else value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return _Written("" if value is None else value)
    return _Written(_FOREIGN[form](value))


class _Written(Own):
    __slots__ = ()
