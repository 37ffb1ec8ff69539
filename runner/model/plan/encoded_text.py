"""Encoded text whose change people should see, such as user data in base64."""

import base64
import binascii
import re
from typing import Any

from runner.model.changes.line_changes import Marked, difference_rows, masked_line_changes
from runner.model.changes.secret_shape import without_likely_secrets
from runner.model.secret.copies import Secrets

_MAX_ROWS = 400
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def decoded_difference(before: Any, after: Any, secrets: Secrets) -> tuple[Marked, ...]:
    """The rows in which two base64 texts differ, without secrets; none if either side is something else.

    A secret is easier to see decoded than in base64, so likely secrets are masked too.
    """
    texts = [None if side is None else decoded(side) for side in (before, after)]
    if before == after or any(
        (side is None) is not (text is None) for side, text in zip((before, after), texts, strict=True)
    ):
        return ()
    old, new = (text and without_likely_secrets(str(secrets.scrub(text))) for text in texts)
    rows = difference_rows(old, new, _MAX_ROWS)
    if texts[0] is not None and texts[1] is not None and _hides(rows, texts[0], texts[1]):
        rows = masked_line_changes(texts[0], texts[1], (str(old), str(new)), _MAX_ROWS) or [
            *rows,
            (" ", "(masked parts differ too)"),
        ]
    return ((" ", "(decoded from base64)"), *rows)


def _hides(rows: list[Marked], before: str, after: str) -> bool:
    """Whether masking made different lines equal."""
    return _changed(rows) < _changed(difference_rows(before, after, _MAX_ROWS))


def _changed(rows: list[Marked]) -> int:
    return sum(symbol != " " for symbol, _ in rows)


def decoded(value: Any) -> str | None:
    """The multi-line text that the base64 decodes to; None for anything else."""
    if not isinstance(value, str) or not _BASE64.fullmatch(value):
        return None
    try:
        found = base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found if "\n" in found and not _CONTROL.search(found) else None
