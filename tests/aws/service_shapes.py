"""Answers as botocore's own model of a service describes them, with every member filled."""

from datetime import UTC, datetime
from typing import Any

MADE = datetime(2026, 3, 1, tzinfo=UTC)
DEEPEST = 7
PLAIN: dict[str, Any] = {
    "timestamp": MADE,
    "integer": int(MADE.timestamp() * 1000),
    "long": int(MADE.timestamp() * 1000),
    "float": 1.0,
    "double": 1.0,
    "boolean": False,
    "blob": b"",
}


def answer_of(shape: Any, depth: int = 0, name: str = "text") -> Any:
    match shape.type_name:
        case "structure" if depth > DEEPEST:
            return {}
        case "structure":
            return {key: answer_of(one, depth + 1, key) for key, one in shape.members.items()}
        case "list":
            return [answer_of(shape.member, depth + 1, name)]
        case "map":
            return {"key": answer_of(shape.value, depth + 1, name)}
        case "string":
            return MADE.isoformat() if name == "CreationDate" else f"arn:aws:x:r:a:y/{name}"
        case other:
            return PLAIN[other]
