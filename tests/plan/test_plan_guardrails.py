"""Guard rails: what blocks a plan, and what asks for the stack's name."""

import pytest
from plan_documents import change, document, resource

from runner.model.approval.guardrails import needs_name_typed, violations
from runner.model.changes.changes import ChangeSet
from runner.model.plan.reading import read_plan
from runner.model.settings.guardrails import Guardrails

DATABASE = "module.db.aws_db_instance.main[0]"


def plan(actions: str, count: int = 1, address: str = DATABASE, **more: str) -> ChangeSet:
    sides = {"create": (None, {"a": 1}), "delete": ({"a": 1}, None)}.get(actions, ({"a": 1}, {"a": 2}))
    many = ((address if count == 1 else f"test_thing.a[{i}]") for i in range(count))
    return read_plan(document(*(resource(one, change(actions, *sides), **more) for one in many)))


@pytest.mark.parametrize("actions", ["delete", "delete/create", "create/delete"])
def test_more_destroys_than_allowed_block(actions: str) -> None:
    assert violations(plan(actions, 5), Guardrails()) == ()
    (broken,) = violations(plan(actions, 6), Guardrails())
    assert (broken.code, broken.blocking) == ("max_destroys", True)
    assert broken.sentence == "it destroys or replaces 6 resources, and max_destroys is 5"


def test_more_changes_than_allowed_block() -> None:
    assert violations(plan("create", 3), Guardrails(max_changes=3)) == ()
    (broken,) = violations(plan("create", 4), Guardrails(max_changes=3))
    assert (broken.code, broken.blocking, "4" in broken.sentence) == ("max_changes", True, True)


def test_zero_allows_none() -> None:
    assert [v.code for v in violations(plan("delete"), Guardrails(max_destroys=0))] == ["max_destroys"]


def test_a_destroy_that_was_asked_for_needs_the_name_instead() -> None:
    broken = violations(plan("delete", 6), Guardrails(), destroy=True)
    assert [(v.code, v.blocking) for v in broken] == [("max_destroys", False)]
    assert needs_name_typed(broken)


@pytest.mark.parametrize(
    ("guardrails", "protect"),
    [
        (Guardrails(protect_types=("aws_db_instance",)), ()),
        (Guardrails(protect_types=("aws_db_*",)), ()),
        (Guardrails(protect_addresses=("module.db",)), ()),
        (Guardrails(), ("module.db.aws_db_instance.main",)),
        (Guardrails(), ("*.aws_db_instance.*",)),
    ],
)
@pytest.mark.parametrize("actions", ["delete", "delete/create"])
def test_destroying_something_protected_needs_the_name(
    actions: str, guardrails: Guardrails, protect: tuple[str, ...]
) -> None:
    (broken,) = violations(plan(actions), guardrails, protect)
    assert (broken.code, broken.blocking) == ("protected", False)
    assert broken.sentence.startswith(f"{DATABASE} would be ")
    assert needs_name_typed([broken])


@pytest.mark.parametrize("actions", ["create", "update", "no-op", "forget"])
def test_what_does_not_end_a_protected_object_is_free(actions: str) -> None:
    assert violations(plan(actions), Guardrails(protect_types=("*",), protect_addresses=("*",)), ("*",)) == ()
    assert not needs_name_typed(())


def test_a_deposed_object_of_something_protected_is_protected() -> None:
    (broken,) = violations(plan("delete", deposed="4a1b"), Guardrails(), (DATABASE,))
    assert "4a1b" in broken.sentence


def test_a_move_does_not_leave_the_protection_behind() -> None:
    moved = plan("delete/create", address="aws_db_instance.new", previous_address="aws_db_instance.old")
    assert len(violations(moved, Guardrails(), ("aws_db_instance.old",))) == 1


@pytest.mark.parametrize("actions", ["no-op", "update"])
def test_a_move_out_of_the_protected_addresses_needs_the_name(actions: str) -> None:
    moved = plan(actions, address="aws_db_instance.new", previous_address="aws_db_instance.old")
    (found,) = violations(moved, Guardrails(), ("aws_db_instance.old",))
    assert found.sentence == (
        "aws_db_instance.old would be moved to aws_db_instance.new, where it is not protected"
    )
    assert needs_name_typed([found])
    assert violations(moved, Guardrails(), ("aws_db_instance.*",)) == ()
    assert violations(moved, Guardrails(protect_types=("aws_db_*",)), ("aws_db_instance.old",)) == ()


def test_what_blocks_stands_first() -> None:
    broken = violations(plan("delete"), Guardrails(max_destroys=0), ("*",))
    assert [v.blocking for v in broken] == [True, False]


def test_data_is_never_protected() -> None:
    assert violations(plan("read", address="data.x.y", mode="data"), Guardrails(max_changes=0), ("*",)) == ()


def test_a_key_that_is_masked_is_as_protected_as_any_that_a_rule_names() -> None:
    """Else a commit that calls a key sensitive would take it out of the rule."""
    entry = resource(
        'aws_db.main["production"]', change("delete", {"k": "production"}, None, before_sensitive={"k": True})
    )
    changes = read_plan(document(entry))
    assert "production" not in changes.resources[0].address
    (found,) = violations(changes, Guardrails(protect_addresses=('aws_db.main["production"]',)))
    assert found.code == "protected"
