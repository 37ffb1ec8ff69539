"""A known secret as a key of a map: its name is masked like a value, and no entry is lost by that."""

from plan_documents import change, document, resource

from runner.model.changes.changes import MASK
from runner.model.plan.reading import read_plan
from runner.model.plan.text import render

ONE, OTHER = "canary-one-5d2fb0a1", "canary-two-9c41e7f2"
MARKED = resource(
    "test_thing.login",
    change("create", None, {"first": ONE, "second": OTHER}, after_sensitive={"first": True, "second": True}),
)


def test_a_secret_that_is_a_key_is_masked_at_every_depth() -> None:
    after = {"tags": {ONE: "x"}, "rules": [{"by": {f"user {OTHER}": 1}}]}
    plan = read_plan(
        document(MARKED, resource("test_thing.it", change("update", {"tags": {}, "rules": []}, after)))
    )
    text = render(plan)
    assert ONE not in text
    assert OTHER not in text
    assert f"tags.{MASK}" in text
    assert f"user {MASK}" in text


def test_two_secrets_as_keys_stay_two_entries() -> None:
    """In a list, whose elements are shown whole."""
    after = {"rules": ["a", {ONE: 1, OTHER: 2, "plain": 3}]}
    plan = read_plan(
        document(MARKED, resource("test_thing.it", change("update", {"rules": ["a", "b"]}, after)))
    )
    (attribute,) = next(one for one in plan.resources if one.address == "test_thing.it").attributes
    assert attribute.after == {MASK: 1, f"{MASK} (2)": 2, "plain": 3}


def test_a_key_that_is_no_secret_is_shown() -> None:
    plan = read_plan(
        document(MARKED, resource("test_thing.it", change("update", {"tags": {}}, {"tags": {"plain": "x"}})))
    )
    assert "tags.plain" in render(plan)
