"""What an operation returns, as the JSON that is sent."""

from typing import Any

from pydantic_core import to_json

from runner.view.document import document

JSON = "application/json"
BYTES = "application/octet-stream"


def written(value: Any) -> bytes:
    """By pydantic's writer, which takes a fifth of the time of the standard library's for a thousand stacks."""
    return to_json(document(value), inf_nan_mode="null")
