"""Scalars as text, as engines convert them."""

import unicodedata
from decimal import Decimal

from runner.model.constant.expression import Refused, Value, Wrong

MOST_DIGITS = 60  # a number with more of them may be rounded by the engine


def text_of(value: Value) -> str:
    """Wrong for null, and for what is no scalar."""
    match value:
        case None:
            raise Wrong("null is no text")
        case str():
            return value
        case bool():
            return str(value).lower()
        case Decimal():
            return number_text(value)
        case _:
            raise Wrong("a list or a map is no text")


def number_text(number: Decimal) -> str:
    if abs(number.adjusted()) > MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        raise Refused("it contains a number with too many digits")
    if number.is_zero() and number.is_signed():
        raise Refused("it contains a negative zero")
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def normal(text: str) -> str:
    """Engines keep all texts in this form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def kind_of(value: Value) -> str:
    match value:
        case None:
            return "null"
        case str():
            return "string"
        case bool():
            return "bool"
        case Decimal():
            return "number"
        case list():
            return "list"
        case _:
            return "map"
