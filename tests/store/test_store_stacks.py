"""Stacks: found, seen again, gone, applied, checked, paused."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, new_run, opened, run_in, sha

from runner.errors import NotFound, SharedState, StackNotFound
from runner.model.run.life import State
from runner.model.stack.definition import (
    ApplyRules,
    AwsRoles,
    DriftRules,
    DriftStatus,
    IgnoreRule,
    Pause,
    PlanRules,
    Stack,
    StackDefinition,
    StackTimeouts,
    StackWindow,
    Sync,
)
from runner.model.values.span import Seconds
from runner.store.database import SqliteStore

FULL = StackDefinition(
    name="prod/rds",
    path="modules/rds",
    labels={"env": "prod"},
    engine="tofu",
    engine_version="~> 1.8",
    terraform_workspace="blue",
    var_files=("common.tfvars", "prod.tfvars"),
    vars={"count": 2, "zones": ["a", "b"], "deep": {"x": None, "y": 1.5}},
    backend_config={"key": "prod/rds.tfstate"},
    env={"FOO": "bär"},
    aws=AwsRoles(region="eu-west-1", plan_role="arn:p", apply_role="arn:a", external_id="x"),
    watch=("modules/db/**",),
    depends_on=("prod/vpc",),
    parallelism=3,
    timeouts=StackTimeouts(init=Seconds(60), plan=Seconds(1800)),
    apply=ApplyRules(mode="automatic", approvals=2, approvers=("ana",), protect=("aws_db_instance.main",)),
    windows=(StackWindow(("mon-thu 08:00-16:00",), ("2026-12-20/2027-01-03",), "customers notice"),),
    drift=DriftRules(
        schedule="5 * * * *",
        confirm=2,
        ignore=(IgnoreRule("aws_autoscaling_group.*", ("desired_capacity",), "the autoscaler owns it"),),
        action="propose",
    ),
    plan=PlanRules(providers="plain"),
    pool="prod-eu",
    pool_labels={"region": "eu"},
    paused=True,
    renamed_from="prod/db",
)


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    with opened(tmp_path, clock) as store:
        yield store


def known(store: SqliteStore, name: str = "prod/vpc") -> Stack:
    with store.reading() as reader:
        return reader.stack(name)


def test_every_field_of_a_definition_comes_back_as_it_was_hashed(store: SqliteStore) -> None:
    assert all(getattr(FULL, f.name) != getattr(StackDefinition("x"), f.name) for f in fields(FULL))
    with store.writing() as writer:
        writer.save_discovered(replace(discovered("prod/rds"), definition=FULL))
    with store.reading() as reader:
        stored = reader.definition(FULL.digest)
        assert stored == FULL
        assert stored.digest == FULL.digest
        assert reader.stack("prod/rds").definition == FULL


def test_a_stack_is_remembered_as_it_was_found(store: SqliteStore) -> None:
    found = discovered()
    with store.writing() as writer:
        writer.save_discovered(found)
    stack = known(store)
    assert (stack.source, stack.file, stack.module_path) == (found.source, found.file, found.module_path)
    assert (stack.revision, stack.inputs, stack.identity) == (found.revision, found.inputs, found.identity)
    assert (stack.definition, stack.managed_state) == (found.definition, False)
    assert (stack.drift, stack.drift_reason, stack.sync) == (
        DriftStatus.UNKNOWN,
        "not checked yet",
        Sync.UNKNOWN,
    )


def test_finding_a_stack_again_keeps_what_became_of_it(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        writer.mark_applied(run_in(writer, State.APPLIED))
        writer.mark_planned("prod/vpc", sha("prod/vpc"))
        writer.save_check("prod/vpc", DriftStatus.CLEAN, "clean")
        writer.schedule_check("prod/vpc", NOON)
        before = writer.stack("prod/vpc")
        writer.save_discovered(replace(discovered(parallelism=2), revision="b" * 40, inputs=sha("new")))
    after = known(store)
    assert after == replace(
        before, definition=discovered(parallelism=2).definition, revision="b" * 40, inputs=sha("new")
    )
    assert after.sync is Sync.PENDING


def test_what_was_applied_keeps_its_own_definition(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered(parallelism=2))
        writer.mark_applied(run_in(writer, State.APPLIED, definition=discovered(parallelism=2).definition))
        assert writer.stack("prod/vpc").applied_definition == discovered(parallelism=2).definition
        writer.save_discovered(discovered(parallelism=9))
    stack = known(store)
    assert (
        stack.definition.parallelism,
        stack.applied_definition and stack.applied_definition.parallelism,
    ) == (9, 2)
    with store.reading() as reader:
        assert reader.stacks() == [stack]


def test_after_a_destroy_nothing_is_applied(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        before = writer.stack("prod/vpc")
        writer.mark_applied(run_in(writer, State.APPLIED))
        assert writer.stack("prod/vpc").sync is Sync.SYNCED
        writer.forget_applied("prod/vpc")
    assert known(store) == before


def test_two_stacks_on_one_state_are_refused_and_the_rest_is_still_saved(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered("prod/vpc", state="x"))
        with pytest.raises(SharedState, match='"prod/copy" and "prod/vpc" use the same state'):
            writer.save_discovered(discovered("prod/copy", state="x"))
        writer.save_discovered(discovered("prod/rds"))
    with store.reading() as reader:
        assert [stack.name for stack in reader.stacks()] == ["prod/rds", "prod/vpc"]


def test_a_missing_stacks_state_may_be_taken_over_but_not_shared(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered("prod/old", state="x"))
        writer.mark_missing("prod/old")
        writer.save_discovered(discovered("prod/new", state="x"))
        with pytest.raises(SharedState):
            writer.save_discovered(discovered("prod/old", state="x"))


def test_a_missing_stack_is_kept_since_the_first_time(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        writer.mark_missing("prod/vpc")
    clock.pass_(days=1)
    with store.writing() as writer:
        writer.mark_missing("prod/vpc")
    assert known(store).missing_since == NOON


def test_a_stack_that_came_back_is_not_missing_and_has_no_problem(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        writer.mark_missing("prod/vpc")
        writer.mark_problem("prod/vpc", "stack.yaml:1:1: no")
        assert writer.stack("prod/vpc").problem == "stack.yaml:1:1: no"
        writer.save_discovered(discovered())
    assert (known(store).missing_since, known(store).problem) == (None, None)


def test_failed_checks_are_counted_until_one_gives_an_answer(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
    for count in (1, 2, 3):
        at = clock.pass_(minutes=1)
        with store.writing() as writer:
            writer.save_check("prod/vpc", DriftStatus.ERROR, "no network")
        assert (known(store).check_failures, known(store).checked_at) == (count, at)
    with store.writing() as writer:
        writer.save_check("prod/vpc", DriftStatus.DRIFTED, "1 changed")
    stack = known(store)
    assert (stack.check_failures, stack.drift, stack.drift_reason) == (0, DriftStatus.DRIFTED, "1 changed")


def test_the_next_check_can_be_set_and_taken_back(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered())
        writer.schedule_check("prod/vpc", NOON + timedelta(microseconds=1))
        assert writer.stack("prod/vpc").next_check_at == NOON + timedelta(microseconds=1)
        writer.schedule_check("prod/vpc", None)
    assert known(store).next_check_at is None


@pytest.mark.parametrize("until", [None, NOON + timedelta(hours=4)])
def test_a_pause_is_remembered_until_it_is_lifted_and_both_are_audited(
    store: SqliteStore, until: object
) -> None:
    pause = Pause("ana", "moving house", NOON, until)  # type: ignore[arg-type]
    with store.writing() as writer:
        writer.save_discovered(discovered())
        writer.pause("prod/vpc", pause, by="ana")
        assert writer.stack("prod/vpc").pause == pause
        writer.pause("prod/vpc", None, by="bo")
        assert writer.stack("prod/vpc").pause is None
        assert [(e.actor, e.action) for e in writer.audit()] == [
            ("bo", "stack.resume"),
            ("ana", "stack.pause"),
        ]


def test_the_last_run_of_each_stack_is_found_with_and_without_checks(store: SqliteStore) -> None:
    from runner.model.run.life import Kind

    with store.writing() as writer:
        for name in ("a", "b", "c"):
            writer.save_discovered(discovered(name))
        for name in ("a", "b"):
            writer.add_run(new_run(name))
        run_in(writer, State.DRIFTED, "a", kind=Kind.DRIFT)
    with store.reading() as reader:
        assert {name: run.id for name, run in reader.last_runs().items()} == {"a": 3, "b": 2}
        assert {name: run.id for name, run in reader.last_runs(change_only=True).items()} == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "write",
    [
        lambda w: w.mark_missing("x"),
        lambda w: w.mark_problem("x", "p"),
        lambda w: w.mark_planned("x", "i"),
        lambda w: w.forget_applied("x"),
        lambda w: w.save_check("x", DriftStatus.CLEAN, ""),
        lambda w: w.schedule_check("x", None),
        lambda w: w.pause("x", None, by="ana"),
    ],
)
def test_nothing_is_written_about_a_stack_that_is_not_known(store: SqliteStore, write: object) -> None:
    with pytest.raises(StackNotFound), store.writing() as writer:
        write(writer)  # type: ignore[operator]


def test_a_definition_that_is_not_known_is_an_error(store: SqliteStore) -> None:
    with pytest.raises(NotFound), store.reading() as reader:
        reader.definition("0" * 64)
