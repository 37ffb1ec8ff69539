"""Listing accounts and comparing them with the stacks: what is on record afterwards, and as of when."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from inventory_listed import heard
from inventory_world import ACCOUNT, HERE, THERE, Accounts, control, in_state, queue
from store_world import HandClock, discovered, opened, run_in

from runner.errors import Blocked, IgnoreFileUnread
from runner.model.cloud_events.touched import Taken
from runner.model.inventory.coverage import Gap
from runner.model.inventory.left_out import Reason
from runner.model.inventory.listing import ResourceFilter
from runner.model.run.life import State
from runner.model.settings.server import CoverageSettings
from runner.model.suspects.actor import Actor, Kind
from runner.service.drift.coverage import list_accounts, list_if_due
from runner.store.database import SqliteStore
from runner.view.coverage import CoveragePage, coverage_page

EVERYTHING = ResourceFilter()
OF_WEB = {"aws:cloudformation:stack-name": "web"}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    """With one applied stack that has the queue `jobs`."""
    with opened(tmp_path / "data", clock) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            writer.mark_applied(run_in(writer, State.APPLIED))
            writer.save_objects("prod/vpc", in_state("jobs"))
        yield store


def page(store: SqliteStore, where: ResourceFilter = EVERYTHING) -> CoveragePage:
    with store.reading() as reader:
        return coverage_page(reader, HandClock().now(), where)


def names(of: CoveragePage) -> list[str]:
    return [one.name for one in of.resources]


def test_what_no_stack_manages_is_listed_and_coverage_is_the_rest(
    store: SqliteStore, clock: HandClock
) -> None:
    list_accounts(
        control(store, clock),
        Accounts({HERE: [queue("jobs"), queue("by-hand"), queue("of-web", tags=OF_WEB)]}),
    )
    found = page(store)
    assert (found.managed, found.unmanaged, found.left_out, found.coverage) == (1, 1, 1, 0.5)
    assert names(found) == ["by-hand"]
    assert not found.partial
    assert [(one.reason, one.count) for one in found.reasons] == [(Reason.CLOUDFORMATION, 1)]


def test_what_is_left_out_is_shown_when_asked_for_with_its_reason(
    store: SqliteStore, clock: HandClock
) -> None:
    list_accounts(control(store, clock), Accounts({HERE: [queue("of-web", tags=OF_WEB), queue("by-hand")]}))
    found = page(store, ResourceFilter(left_out=True))
    assert [(one.name, one.left_out) for one in found.resources] == [
        ("by-hand", ""),
        ("of-web", "belongs to a CloudFormation stack: web"),
    ]


def test_before_the_first_list_nothing_is_known(store: SqliteStore) -> None:
    found = page(store)
    assert (found.listed_at, found.coverage, found.partial) == (None, None, False)


def test_a_resource_that_is_gone_or_was_adopted_is_not_shown_any_more(
    store: SqliteStore, clock: HandClock
) -> None:
    accounts = Accounts({HERE: [queue("gone"), queue("adopted"), queue("stays")]})
    list_accounts(control(store, clock), accounts)
    with store.writing() as writer:
        writer.save_objects("prod/vpc", in_state("jobs", "adopted"))
    accounts.has[HERE] = [queue("adopted"), queue("stays")]
    list_accounts(control(store, clock), accounts)
    assert names(page(store)) == ["stays"]


def test_a_resource_without_an_age_keeps_when_it_was_seen_first(store: SqliteStore, clock: HandClock) -> None:
    accounts = Accounts({HERE: [queue("by-hand")]})
    first = clock.now()
    list_accounts(control(store, clock), accounts)
    clock.pass_(days=3)
    list_accounts(control(store, clock), accounts)
    assert [one.first_seen for one in page(store).resources] == [first.replace(microsecond=0)]


def test_one_place_is_listed_and_the_others_stay_as_they_were(store: SqliteStore, clock: HandClock) -> None:
    accounts = Accounts({HERE: [queue("here")], THERE: [queue("there", THERE)]})
    list_accounts(control(store, clock), accounts)
    accounts.has = {HERE: [queue("new")], THERE: [queue("newer", THERE)]}
    list_accounts(control(store, clock), accounts, ACCOUNT, HERE.region)
    assert names(page(store)) == ["new", "there"]
    assert [(one.region, one.unmanaged) for one in page(store).types] == [("eu-west-1", 1), ("us-east-1", 1)]


def test_a_place_that_left_the_configuration_is_forgotten(store: SqliteStore, clock: HandClock) -> None:
    list_accounts(control(store, clock), Accounts({HERE: [queue("here")], THERE: [queue("there", THERE)]}))
    list_accounts(control(store, clock), Accounts({HERE: [queue("here")]}))
    assert names(page(store)) == ["here"]
    assert {one.region for one in page(store).types} == {"eu-west-1"}


def test_a_list_with_a_gap_is_partial_and_names_the_missing_permission(
    store: SqliteStore, clock: HandClock
) -> None:
    gap = Gap(HERE, "aws_sns_topic", "denied", "sns:ListTopics")
    list_accounts(control(store, clock), Accounts({HERE: [queue("jobs"), gap]}))
    found = page(store)
    assert found.partial
    assert found.missing_actions == ("sns:ListTopics",)


def test_what_a_partial_list_did_not_see_keeps_its_age_and_is_not_shown(
    store: SqliteStore, clock: HandClock
) -> None:
    first, by = clock.now(), control(store, clock)
    accounts = Accounts({HERE: [queue("by-hand")]})
    list_accounts(by, accounts)
    clock.pass_(days=1)
    accounts.has[HERE] = [Gap(HERE, "aws_sqs_queue", "throttled")]
    list_accounts(by, accounts)
    assert names(page(store)) == []
    clock.pass_(days=1)
    accounts.has[HERE] = [queue("by-hand")]
    list_accounts(by, accounts)
    assert [one.first_seen for one in page(store).resources] == [first.replace(microsecond=0)]


def test_a_stack_whose_state_was_not_read_makes_the_answer_partial(
    store: SqliteStore, clock: HandClock
) -> None:
    with store.writing() as writer:
        writer.save_discovered(discovered("prod/app"))
        writer.mark_applied(run_in(writer, State.APPLIED, "prod/app"))
    list_accounts(control(store, clock), Accounts({HERE: []}))
    assert page(store).unread_stacks == ("prod/app",)
    assert page(store).partial


def test_a_list_that_breaks_off_leaves_the_last_one_as_it_was(store: SqliteStore, clock: HandClock) -> None:
    accounts = Accounts({HERE: [queue("jobs"), queue("by-hand")]})
    list_accounts(control(store, clock), accounts)
    accounts.has[HERE] = [*(queue(f"n{number}") for number in range(1200)), RuntimeError("died")]
    with pytest.raises(RuntimeError):
        list_accounts(control(store, clock), accounts)
    assert (page(store).managed, page(store).unmanaged) == (1, 1)
    accounts.has[HERE] = [queue("by-hand")]
    list_accounts(control(store, clock), accounts)
    assert names(page(store)) == ["by-hand"]


def test_coverage_is_kept_by_day(store: SqliteStore, clock: HandClock) -> None:
    accounts = Accounts({HERE: [queue("jobs"), queue("by-hand")]})
    list_accounts(control(store, clock), accounts)
    list_accounts(control(store, clock), accounts)
    clock.pass_(days=1)
    accounts.has[HERE] = [queue("jobs")]
    list_accounts(control(store, clock), accounts)
    with store.reading() as reader:
        days = coverage_page(reader, clock.now(), EVERYTHING).days
    assert [(one.managed, one.unmanaged, one.coverage) for one in days] == [(1, 1, 0.5), (1, 0, 1.0)]


def test_a_driftignore_leaves_out_what_it_names(store: SqliteStore, clock: HandClock, tmp_path: Path) -> None:
    file = tmp_path / ".driftignore"
    file.write_text("aws_sqs_queue.by-*\n")
    coverage = CoverageSettings(ignore_file=file)
    list_accounts(control(store, clock, coverage), Accounts({HERE: [queue("by-hand"), queue("other")]}))
    assert names(page(store)) == ["other"]
    assert [(one.reason, one.count) for one in page(store).reasons] == [(Reason.IGNORED, 1)]


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_driftignore_that_cannot_be_read_stops_the_list(
    store: SqliteStore, clock: HandClock, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / ".driftignore"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(IgnoreFileUnread, match="driftignore"):
        list_accounts(control(store, clock, CoverageSettings(ignore_file=file)), Accounts({HERE: []}))


def test_without_a_listed_account_it_is_said_how_to_list_one(store: SqliteStore, clock: HandClock) -> None:
    with pytest.raises(Blocked, match="is listed") as refused:
        list_accounts(control(store, clock), Accounts())
    assert "inventory: true" in str(refused.value.hint)


def test_accounts_are_listed_at_first_and_then_by_their_schedule(
    store: SqliteStore, clock: HandClock
) -> None:
    accounts, by = Accounts({HERE: []}), control(store, clock, CoverageSettings(schedule="0 3 * * *"))
    assert list_if_due(by, accounts) == (HERE,)
    clock.pass_(hours=1)
    assert list_if_due(by, accounts) == ()
    clock.pass_(days=1)
    assert list_if_due(by, accounts) == (HERE,)
    assert list_if_due(by, accounts) == ()


@pytest.mark.thorough(
    of="tests/inventory/test_coverage_listed.py::test_what_no_stack_manages_is_listed_and_coverage_is_the_rest"
)
def test_twenty_thousand_resources_take_less_than_a_minute_of_cpu(
    store: SqliteStore, clock: HandClock
) -> None:
    with store.writing() as writer:
        writer.save_objects("prod/vpc", in_state(*(f"q{number}" for number in range(10_000))))
    accounts = Accounts({HERE: [queue(f"q{number}") for number in range(20_000)]})
    began = time.process_time()
    list_accounts(control(store, clock), accounts)
    found = page(store)
    assert (found.managed, found.unmanaged) == (10_000, 10_000)
    assert time.process_time() - began < 60


def test_an_unmanaged_resource_names_who_created_it_as_far_as_events_tell(
    store: SqliteStore, clock: HandClock
) -> None:
    list_accounts(control(store, clock), Accounts({HERE: [queue("by-hand"), queue("older")]}))
    made = heard("ana", "CreateQueue", "by-hand")
    later = replace(made, id="e-2", name="SetQueueAttributes", actor=Actor(Kind.USER, "bo"))
    elsewhere = replace(
        made,
        id="e-0",
        at=made.at - timedelta(hours=1),
        account="444455556666",
        actor=Actor(Kind.USER, "eve"),
    )
    with store.writing() as writer:
        for event in (elsewhere, made, later):
            writer.add_cloud_event(Taken(event, own=False, stacks=frozenset()))
    assert {one.name: one.creator for one in page(store).resources} == {"by-hand": "ana", "older": ""}


def test_what_was_made_since_the_list_and_is_in_no_stack_is_told(
    store: SqliteStore, clock: HandClock
) -> None:
    list_accounts(control(store, clock), Accounts({HERE: [queue("listed")]}))
    at = HandClock().now() + timedelta(minutes=5)
    made = replace(heard("ana", "CreateQueue", "new"), at=at)
    events = (
        made,
        replace(made, id="e-2", names=(("queuename", "listed"),)),  # a list has it by now
        replace(made, id="e-3", names=(("queuename", "old"),), at=at - timedelta(hours=1)),
        replace(made, id="e-4", name="SetQueueAttributes"),
        replace(made, id="e-5", names=(("queuename", "taken"),)),
    )
    with store.writing() as writer:
        for event in events:
            writer.add_cloud_event(Taken(event, own=False, stacks=frozenset()))
        writer.add_cloud_event(Taken(replace(made, id="e-6"), own=True, stacks=frozenset()))
        writer.add_cloud_event(Taken(replace(made, id="e-7"), own=False, stacks=frozenset({"prod/vpc"})))
        writer.save_objects("prod/vpc", in_state("taken"))  # adopted in the meantime
    (told,) = page(store).created
    assert (told.name, told.call, told.by, told.at) == ("new", "CreateQueue", "ana", at)


def test_what_is_made_in_an_account_without_a_list_is_told_too(store: SqliteStore) -> None:
    with store.writing() as writer:
        made = replace(heard("ana", "CreateQueue", "new"), arns=(queue("new").arn,))
        writer.add_cloud_event(Taken(made, own=False, stacks=frozenset()))
    found = page(store)
    assert found.listed_at is None
    assert [one.name for one in found.created] == [queue("new").arn]
    assert page(store, ResourceFilter(region="us-east-1")).created == ()
