"""What of a report is looked for in the code, and what is refused before."""

from typing import Any

import pytest

from runner.model.accept.sought import Sought, sought
from runner.model.changes.changes import Action
from runner.model.drift.report import DriftClass, Finding
from runner.model.drift.taxonomy import judge
from runner.model.secret.copies import plan_secrets
from runner.model.stack.definition import IgnoreRule

SIZE = {"size": 9, "name": "web", "token": "s3cret-of-web"}


def document(before: Any, after: Any, *actions: str, **more: Any) -> dict[str, Any]:
    change = {"actions": list(actions or ("update",)), "before": before, "after": after, **more}
    entry = {"address": "x.web", "mode": "managed", "type": "x", "change": change}
    return {"format_version": "1.2", "resource_changes": [entry]}


def found(plan: dict[str, Any], rules: tuple[IgnoreRule, ...] = (), **finding: Any) -> Sought:
    reported = Finding("x.web", Action.UPDATE, DriftClass.DRIFT, **finding)
    return sought([reported], judge(plan, rules), plan, plan_secrets(plan))


def test_the_attributes_that_differ_are_looked_for() -> None:
    (one,) = found(document(SIZE, {**SIZE, "size": 3})).drifted
    assert set(one.attributes) == {"size"}
    assert one.cloud == SIZE


def test_a_resource_that_is_gone_is_looked_for_as_a_whole() -> None:
    (one,) = found(document(None, SIZE, "create")).drifted
    assert one.cloud is None


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ({"format_version": "1.2"}, "it no longer drifts"),
        (
            document(SIZE, {**SIZE, "token": "other"}, before_sensitive={"token": True}),
            "a sensitive value is never written into code",
        ),
        (
            document(
                {**SIZE, "name": "has s3cret-of-web in it"},
                {**SIZE, "name": "web"},
                before_sensitive={"token": True},
            ),
            "a sensitive value is never written into code",
        ),
        (
            document(SIZE, {"name": "web", "token": SIZE["token"]}, after_unknown={"size": True}),
            "the provider computes what differs",
        ),
        (document(SIZE, None, "delete"), "it is no longer in the newest commit"),
    ],
)
def test_what_no_code_can_say_is_told(plan: dict[str, Any], why: str) -> None:
    told = found(plan)
    assert told.drifted == ()
    assert why in told.told[0]


def test_what_a_rule_ignores_is_told() -> None:
    rules = (IgnoreRule("x.*", ("size",), "the autoscaler owns it"),)
    assert "a drift rule ignores it" in found(document(SIZE, {**SIZE, "size": 3}), rules).told[0]


def test_a_deposed_object_is_told() -> None:
    assert "a replaced object" in found(document(SIZE, {**SIZE, "size": 3}), deposed="ab").told[0]
