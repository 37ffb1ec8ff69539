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
    made: DriftlineError = kind(told["detail"], hint=told["hint"], **told["facts"])
    made.exit_code = told["exit_code"]
    return made


def _plain(fact: Any) -> bool:
    return isinstance(fact, str | int | float | bool)
