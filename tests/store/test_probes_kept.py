"""What probes have shown is kept with the stack, and a provider that was wrong is remembered until a person trusts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, opened, raw

from runner.errors import StackNotFound
from runner.model.warm.compared import Compared
from runner.model.warm.probe import Distrust, ProbeRecord
from runner.model.warm.provider import Provider, Way
from runner.store.database import SqliteStore
from runner.store.probes import MOST_COMPARED

AWS = Provider("hashicorp/aws 5.100.0", "h1:aws")
RECORD = ProbeRecord(
    mark="m",
    types={"registry.terraform.io/hashicorp/aws": ("resource aws_vpc", "data aws_region")},
    checks=7,
    seconds=3.5,
    way=Way.PROBED,
    reason="",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        with store.writing() as writer:
            for name in ("a", "b", "c"):
                writer.save_discovered(discovered(name))
        yield store


def test_a_record_comes_back_as_it_was_saved(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_probe("a", ProbeRecord(reason="first"))
        writer.save_probe("a", RECORD)
    with store.reading() as reader:
        assert reader.probe("a") == RECORD


def test_before_the_first_check_nothing_is_known(store: SqliteStore) -> None:
    with store.reading() as reader:
        assert reader.probe("b") == ProbeRecord()
        assert reader.distrusted() == frozenset()


def test_a_record_of_a_stack_that_is_not_there_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StackNotFound), store.writing() as writer:
        writer.save_probe("nowhere", RECORD)


def test_distrust_is_kept_with_an_audit_entry_and_an_event(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        writer.distrust(AWS, "a", "run-1: a full plan found changes, a probe none")
    with store.reading() as reader:
        assert reader.distrusted() == {"h1:aws"}
        assert reader.distrust_of() == [
            Distrust(AWS, "a", "run-1: a full plan found changes, a probe none", NOON)
        ]
    with raw(tmp_path / "driftline.db") as database:
        audit = database.execute("SELECT * FROM audit WHERE action = 'probe.distrust'").fetchall()
        events = database.execute("SELECT * FROM outbox WHERE topic = 'probe.distrust'").fetchall()
    assert [row["subject"] for row in (*audit, *events)] == ["a", "a"]
    assert all("hashicorp/aws 5.100.0" in str(tuple(row)) for row in (*audit, *events))


def test_distrust_of_the_same_provider_again_is_one_row(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.distrust(AWS, "a", "first")
        writer.distrust(AWS, "b", "second")
    with store.reading() as reader:
        assert [(one.stack, one.reason) for one in reader.distrust_of()] == [("b", "second")]


def test_trust_is_given_back_by_a_person_and_recorded(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        writer.distrust(AWS, "a", "why")
        assert writer.trust("h1:aws", by="ana", reason="upgraded") == 1
        assert writer.trust("h1:aws", by="ana", reason="again") == 0
    with store.reading() as reader:
        assert reader.distrusted() == frozenset()
    with raw(tmp_path / "driftline.db") as database:
        text = database.execute("SELECT * FROM audit WHERE action = 'probe.trust'").fetchall()
    assert len(text) == 1
    assert "ana" in str(tuple(text[0]))


ENGINE = "/usr/bin/terraform 1.11.4"
VPC, SUBNET = frozenset({"resource aws_vpc"}), frozenset({"resource aws_subnet"})


def test_what_was_compared_grows_and_counts_the_plans_since(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_compared(ENGINE, AWS, VPC)
        writer.count_plan(ENGINE, [AWS])
        writer.count_plan("another engine", [AWS])
        assert writer.compared() == (Compared(ENGINE, "h1:aws", VPC, 1),)
        writer.save_compared(ENGINE, AWS, SUBNET)
        assert writer.compared() == (Compared(ENGINE, "h1:aws", VPC | SUBNET, 0),)


def test_a_provider_that_is_distrusted_or_trusted_again_was_never_compared(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.save_compared(ENGINE, AWS, VPC)
        writer.distrust(AWS, "a", "why")
        assert writer.compared() == ()
        writer.save_compared(ENGINE, AWS, VPC)  # by a plan that began before
        writer.trust("h1:aws", by="ana", reason="upgraded")
        assert writer.compared() == ()


def test_what_was_compared_longest_ago_is_forgotten_first(tmp_path: Path) -> None:
    clock = HandClock()
    with opened(tmp_path, clock) as store:
        for number in range(MOST_COMPARED + 1):
            clock.pass_(seconds=1)
            with store.writing() as writer:
                writer.save_compared(f"engine {number}", AWS, VPC)
        with store.reading() as reader:
            engines = {one.engine for one in reader.compared()}
    assert engines == {f"engine {number}" for number in range(1, MOST_COMPARED + 1)}
