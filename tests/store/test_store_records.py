"""What is remembered beside runs: their details, approvals, commits, sources."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, new_run, opened, raw, run_in, sha

from runner.errors import RunNotFound
from runner.model.approval.approval import Approval, Commit, Person
from runner.model.changes.changes import (
    MASK,
    UNKNOWN,
    Action,
    AttributeChange,
    ChangeSet,
    Diagnostic,
    OutputChange,
    ResourceChange,
    Summary,
)
from runner.model.run.life import Kind, State
from runner.model.stack.source import SourceStatus
from runner.ports.records.runs import RunFilter
from runner.store.database import SqliteStore
from runner.store.migrations import STEPS

CHANGES = ChangeSet(
    resources=(
        ResourceChange(
            'aws_vpc.main["ü"]',
            "aws_vpc",
            Action.REPLACE,
            (
                AttributeChange("cidr", "10.0.0.0/16", "10.1.0.0/16", forces_replacement=True),
                AttributeChange("tags", {"a": [1, None, 2.5]}, UNKNOWN),
                AttributeChange("password", MASK, MASK),
            ),
            previous_address="aws_vpc.old",
            importing="vpc-1",
            deposed="abcd",
            action_reason="replace_because_tainted",
            data=False,
        ),
    ),
    outputs=(OutputChange("id", Action.UPDATE, "a", None),),
    drift=(ResourceChange("aws_subnet.a", "aws_subnet", Action.DELETE),),
    summary=Summary(replace=1, output=1),
    provisioners=("aws_vpc.main",),
)
DIAGNOSTICS = (
    Diagnostic("error", "no such thing", "detail", "main.tf", 7, "aws_vpc.main"),
    Diagnostic("warning", "old"),
)
SUBJECTS = ("oidc:user:ana@example.com", "oidc:sub:00u1")
APPROVAL = Approval(
    1, Person("ana@example.com", "oidc", SUBJECTS), NOON, sha("plan"), sha("changes"), "looks good"
)
COMMIT = Commit("a" * 40, "Ana", "ana@x.org", "Bo", "bo@x.org", NOON, "Grow: ü", ("cy@x.org",))
SOURCE = SourceStatus(
    "infra",
    "a" * 40,
    NOON,
    NOON,
    "no route",
    3,
    "digest",
    "b" * 40,
    NOON,
    ("a.yaml:1:1: no", "b.yaml:2:1: no"),
)


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    with opened(tmp_path, clock) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            writer.add_run(new_run())
        yield store


def test_a_plan_comes_back_as_it_was_made(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_plan(1, CHANGES, DIAGNOSTICS)
    with store.reading() as reader:
        assert reader.changes(1) == CHANGES
        assert reader.diagnostics(1) == DIAGNOSTICS


def test_details_that_come_one_after_the_other_do_not_wipe_each_other(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_diagnostics(1, DIAGNOSTICS)
        writer.save_plan(1, CHANGES)
        writer.save_outputs(1, {"id": "vpc-1", "secret": MASK, "list": [1, {"a": None}]})
    with store.reading() as reader:
        assert (reader.changes(1), reader.diagnostics(1)) == (CHANGES, DIAGNOSTICS)
        assert reader.outputs(1) == {"id": "vpc-1", "secret": MASK, "list": [1, {"a": None}]}


def test_a_run_without_details_has_none(store: SqliteStore) -> None:
    with store.reading() as reader:
        assert (reader.changes(1), reader.diagnostics(1), reader.outputs(1)) == (None, (), None)


def test_details_of_a_run_that_is_not_known_are_refused(store: SqliteStore) -> None:
    with pytest.raises(RunNotFound, match="run-9"), store.writing() as writer:
        writer.save_plan(9, CHANGES)


def test_an_approval_is_kept_with_who_and_how_that_is_known(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.add_approval(APPROVAL)
        (entry,) = writer.audit(limit=1)
    with store.reading() as reader:
        assert reader.approvals(1) == [APPROVAL]
        assert reader.approvals(2) == []
    assert (entry.actor, entry.action, entry.subject) == ("ana@example.com", "approval.give", "run-1")
    assert entry.detail["plan_digest"] == sha("plan")
    assert (entry.detail["known_by"], entry.detail["also"]) == ("oidc", list(SUBJECTS))


def test_an_approval_of_a_former_version_has_no_subjects(tmp_path: Path, store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.add_approval(APPROVAL)
    with raw(tmp_path / "driftline.db") as connection:
        connection.execute("ALTER TABLE approvals DROP COLUMN also")
        connection.execute(dict(STEPS)["subjects_of_approvers"])
    with store.reading() as reader:
        assert [one.person for one in reader.approvals(1)] == [replace(APPROVAL.person, also=())]


def test_approvals_are_listed_in_the_order_in_which_they_were_given(store: SqliteStore) -> None:
    bo = replace(APPROVAL, person=Person("bo", "sudo"), at=NOON - timedelta(minutes=1))
    with store.writing() as writer:
        writer.add_approval(APPROVAL)
        writer.add_approval(bo)
        assert writer.approvals(1) == [bo, APPROVAL]


def test_an_approval_of_the_same_plan_by_the_same_person_is_renewed(store: SqliteStore) -> None:
    later = replace(APPROVAL, at=NOON + timedelta(hours=30), comment="still good")
    with store.writing() as writer:
        writer.add_approval(APPROVAL)
        writer.add_approval(later)
        assert writer.approvals(1) == [later]


def test_an_approval_of_another_plan_stands_beside_the_first(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.add_approval(APPROVAL)
        writer.add_approval(replace(APPROVAL, plan_digest=sha("fresh")))
        assert len(writer.approvals(1)) == 2


def test_an_approval_of_a_run_that_is_not_known_is_refused(store: SqliteStore) -> None:
    with pytest.raises(RunNotFound), store.writing() as writer:
        writer.add_approval(replace(APPROVAL, run=9))


def test_a_commit_is_kept_with_its_co_authors(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_commit("infra", COMMIT)
        writer.save_commit("infra", COMMIT, ["cy@x.org", "di@x.org"])
    with store.reading() as reader:
        assert reader.commit("infra", "a" * 40) == replace(COMMIT, co_authors=("cy@x.org", "di@x.org"))
        assert reader.commit("other", "a" * 40) is None


def test_a_source_is_kept_with_all_that_the_last_poll_found(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_source(SOURCE)
        writer.save_source(SourceStatus("zoo"))
    with store.reading() as reader:
        assert reader.source("infra") == SOURCE
        assert reader.sources() == [SOURCE, SourceStatus("zoo")]


def test_the_status_of_a_source_that_was_never_polled_is_empty(store: SqliteStore) -> None:
    with store.reading() as reader:
        assert reader.source("new") == SourceStatus("new")


def test_runs_are_filtered_newest_first(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered("b"))
        run_in(writer, State.DRIFTED, "b", kind=Kind.DRIFT)
        run_in(writer, State.APPLIED, "b")
        run_in(writer, State.AWAITING_APPROVAL)

        def found(**where: object) -> list[int]:
            return [run.id for run in writer.runs(RunFilter(**where))]  # type: ignore[arg-type]

        assert found() == [4, 3, 2, 1]
        assert found(limit=2) == [4, 3]
        assert found(stack="b") == [3, 2]
        assert found(stack="b", kind=Kind.DRIFT) == [2]
        assert found(states=frozenset({State.APPLIED, State.QUEUED})) == [3, 1]
        assert found(states=frozenset()) == []
        assert [run.id for run in writer.open_runs()] == [1, 4]
        assert [run.id for run in writer.open_runs("b")] == []
