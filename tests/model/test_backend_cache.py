"""Whether terraform's note of the backend is one of what the code and the stack say."""

from typing import Any

import pytest

from runner.model.code.backend_cache import backend_problem
from runner.model.code.module import Backend

S3 = Backend(
    "s3", {"bucket": "b", "encrypt": True, "key": "from/the/code", "assume_role": {"x": 1}}, ("region",)
)
CONFIG = {
    "bucket": "b",
    "encrypt": True,
    "key": "k",
    "region": "eu-west-1",
    "assume_role": None,
    "profile": None,
}


def noted(kind: str = "s3", **changes: Any) -> dict[str, Any]:
    return {"version": 3, "backend": {"type": kind, "hash": 1, "config": {**CONFIG, **changes}}}


def test_a_note_of_what_code_and_stack_say_is_right() -> None:
    assert backend_problem(noted(), S3, {"key": "k"}) is None
    assert backend_problem(noted(encrypt="true"), S3, {"key": "k"}) is None
    assert backend_problem(None, None, {}) is None
    assert backend_problem({"version": 3}, None, {}) is None


@pytest.mark.parametrize(
    "note",
    [
        None,
        [],
        {"version": 3, "resources": []},
        {"version": 3},
        {"backend": 1},
        {"backend": {"type": "s3", "config": []}},
        noted("local"),
        noted(bucket="other"),
        noted(key="other"),
        noted(encrypt=False),
    ],
)
def test_any_other_note_is_reported(note: Any) -> None:
    assert backend_problem(note, S3, {"key": "k"}) is not None


def test_a_note_where_the_code_has_no_backend_is_reported() -> None:
    assert backend_problem(noted(), None, {}) == 'it recorded the backend "s3", but the code has no backend'
