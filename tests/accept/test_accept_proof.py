"""A change of code is proved: its plan has neither the drift nor anything that was not there before."""

from typing import Any

import pytest

from runner.model.accept.proof import following_outputs, objection


def plan(*changes: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), "output_changes": outputs or {}}


def change(address: str, before: Any, after: Any, *actions: str, **more: Any) -> dict[str, Any]:
    told = {"actions": list(actions or ("update",)), "before": before, "after": after}
    return {"address": address, "mode": "managed", "change": told, **more}


WEB = change("x.web", {"size": 9, "name": "web"}, {"size": 3, "name": "web"})
JOB = change("x.job", {"size": 3}, {"size": 9})


def test_a_plan_without_changes_proves_it() -> None:
    assert objection(plan(WEB), plan(), {"x.web"}) == ""


def test_what_was_planned_before_may_still_be_planned() -> None:
    assert objection(plan(WEB, JOB), plan(JOB), {"x.web"}) == ""


def test_a_resource_that_would_change_as_well_is_named() -> None:
    assert objection(plan(WEB), plan(JOB), {"x.web"}) == "with it a plan would also change x.job"


def test_another_change_of_a_resource_that_was_planned_before_is_new() -> None:
    more = change("x.job", {"size": 3, "value": "a"}, {"size": 9, "value": "b"})
    assert "x.job" in objection(plan(WEB, JOB), plan(more), {"x.web"})


def test_an_update_that_becomes_a_replacement_is_new() -> None:
    replaced = change("x.job", {"size": 3}, {"size": 9}, "delete", "create")
    assert "x.job" in objection(plan(WEB, JOB), plan(replaced), {"x.web"})


def test_a_drift_that_stays_is_named_with_its_attributes() -> None:
    assert objection(plan(WEB), plan(WEB), {"x.web"}) == "a plan would still change x.web (size)"


def test_an_object_that_is_only_forgotten_is_accepted_and_no_other_one_may_be() -> None:
    forgotten = change("x.web", {"size": 9}, None, "forget")
    assert objection(plan(WEB), plan(forgotten), {"x.web"}) == ""
    assert "x.web" in objection(plan(JOB), plan(forgotten), {"x.job"})


def test_data_that_is_read_during_the_apply_is_no_change() -> None:
    data = {**change("data.x.y", None, {}, "read"), "mode": "data"}
    assert objection(plan(WEB), plan(data), {"x.web"}) == ""


@pytest.mark.parametrize("after", [{"actions": ["update"], "before": 3, "after": 9}])
def test_an_output_that_follows_is_told(after: dict[str, Any]) -> None:
    same = {"actions": ["no-op"], "before": 3, "after": 3}
    assert following_outputs(plan(outputs={"o": same}), plan(outputs={"o": after})) == ("o",)
    assert following_outputs(plan(outputs={"o": after}), plan(outputs={"o": after})) == ()
