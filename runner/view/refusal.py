"""An error as the JSON that another process gets, and the same error again there."""

from typing import Any

from runner import errors
from runner.errors import DriftlineError
from runner.model.values.codec import to_plain


def refusal_document(of: DriftlineError) -> dict[str, Any]:
    """`facts` are what the message was made of, for clients that say it in their own words."""
    return {
        "detail": of.message,
        "code": type(of).__name__,
        "exit_code": of.exit_code,
        "hint": of.hint,
        "facts": {name: to_plain(fact) for name, fact in of.facts.items() if _plain(fact)},
    }


def raised_again(told: dict[str, Any]) -> DriftlineError:
    """KeyError or TypeError if this is not a refusal. A kind that this version does not know keeps its exit code."""
    kind = getattr(errors, told["code"], DriftlineError)
    if not (isinstance(kind, type) and issubclass(kind, DriftlineError)):
        kind = DriftlineError
    message, hint, exit_code = told["detail"], told["hint"], told["exit_code"]
    if not (isinstance(message, str) and isinstance(hint, str) and exit_code in range(1, 256)):
        raise TypeError("not a refusal")
    made = kind(message, hint=hint, **told["facts"])
    made.exit_code = exit_code
    return made


def _plain(fact: Any) -> bool:
    return isinstance(fact, str | int | float | bool)
