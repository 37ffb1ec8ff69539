"""What is kept of a plan has a size that a database and a person can take, and hides no change."""

import json

import pytest

from runner.errors import PlanTooLarge
from runner.model.changes import bounded as module
from runner.model.changes.bounded import bounded, shortened
from runner.model.changes.changes import Action, AttributeChange, ChangeSet, OutputChange, ResourceChange
from runner.model.values.codec import to_plain


def attribute(before: object, after: object) -> ChangeSet:
    changed = (AttributeChange("a", before, after),)
    return ChangeSet(resources=(ResourceChange("t.a", "t", Action.UPDATE, changed),))


def size(changes: ChangeSet) -> int:
    return len(json.dumps(to_plain(changes)))


def test_a_change_set_of_usual_size_is_kept_as_it_is() -> None:
    changes = attribute({"a": ["x" * 1000]}, "y" * 10_000)
    assert bounded(changes) == changes


@pytest.mark.parametrize("value", ["x" * 100_000, ["x"] * 50_000, {"k": "x" * 100_000}])
def test_a_long_value_gives_way_to_its_beginning_and_its_digest(value: object) -> None:
    (changed,) = bounded(attribute(None, value)).resources[0].attributes
    assert len(changed.after) < 17_000
    assert "SHA-256" in changed.after
    assert "plan.json" in changed.after


def test_values_that_differ_only_behind_the_cut_still_differ() -> None:
    (changed,) = bounded(attribute("x" * 100_000 + "a", "x" * 100_000 + "b")).resources[0].attributes
    assert changed.before != changed.after


def test_outputs_and_drift_are_cut_too() -> None:
    changes = ChangeSet(
        outputs=(OutputChange("o", Action.CREATE, None, "x" * 1_000_000),),
        drift=attribute("x" * 1_000_000, None).resources,
    )
    assert size(bounded(changes)) < 50_000


def test_many_values_are_cut_shorter_until_all_of_them_fit() -> None:
    many = tuple(AttributeChange(f"a{n}", None, "x" * 10_000) for n in range(2000))
    changes = ChangeSet(resources=(ResourceChange("t.a", "t", Action.CREATE, many),))
    assert size(changes) > module.ENOUGH > size(bounded(changes))


def test_a_plan_whose_addresses_alone_are_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENOUGH", 100)
    monkeypatch.setattr(module, "MAX_SIZE", 1000)
    changes = ChangeSet(resources=attribute(1, 2).resources * 100)
    with pytest.raises(PlanTooLarge):
        bounded(changes)


def test_a_short_value_keeps_its_kind() -> None:
    assert [shortened(value, 10) for value in (None, True, 7, 1.5, "a", [1])] == [
        None,
        True,
        7,
        1.5,
        "a",
        [1],
    ]
