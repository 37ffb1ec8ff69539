"""Applies wait for the windows of their stack; plans and checks do not, and an owner may open a window once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from beginnings import Beginnings
from world import ANA, BO, DATA, World

from runner.errors import NotAllowed, WrongState
from runner.model.events.feed import GlassBroken
from runner.model.run.life import Run, State, Trigger
from runner.model.settings.windows import WindowRule
from runner.model.stack.match import StackMatch
from runner.service.approval.break_glass import break_glass
from runner.service.approval.windows import kept_closed
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator.request import request_check
from runner.view.facts import one_stack
from runner.view.run_page import run_page
from runner.view.stack_page import stack_page


@pytest.fixture
def waiting(beginnings: Beginnings) -> Iterator[World]:
    """A stack with a plan that waits for approval, at noon."""
    with beginnings.lent(plan_at_noon, World) as world:
        yield world


@pytest.fixture
def world(beginnings: Beginnings) -> Iterator[World]:
    """A stack with an approved plan, whose window opens in five days."""
    with beginnings.lent(approve_at_noon, World) as world:
        closed_until(world, days=5)
        yield world


def plan_at_noon(world: World) -> Run:
    to(world, (world.clock.now() + timedelta(days=1)).replace(hour=12))
    (run,) = world.push("web", body=DATA)
    assert run.state is State.AWAITING_APPROVAL
    return run


def approve_at_noon(world: World) -> None:
    world.approve(plan_at_noon(world))


def closed_until(world: World, *, days: int) -> datetime:
    """From then on it is open for a day of UTC, once a week."""
    opens = (world.clock.now() + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    rule = WindowRule(StackMatch(stacks=("web",)), allow=(f"{opens:%a}".lower(),), reason="customers notice")
    approvals = replace(world.settings.approvals, owners=("ana",))
    world.configure(replace(world.settings, windows=(rule,), approvals=approvals))
    return opens


def only_run(world: World) -> Run:
    return world.runs(stack="web")[0]


def to(world: World, at: datetime) -> None:
    world.clock.shift += at - world.clock.now()


def test_an_approved_run_waits_for_its_window_and_is_applied_when_it_opens(world: World) -> None:
    opens = closed_until(world, days=5)
    assert next_assignment(world.app.control) is None
    assert only_run(world).state is State.APPROVED
    world.age(days=2)  # longer than an approval lasts elsewhere
    assert world.work() == []
    to(world, opens - timedelta(seconds=1))
    assert world.work() == []
    to(world, opens)
    (done,) = world.work()
    assert done.state is State.APPLIED


def test_why_it_waits_and_until_when_is_shown_on_every_page(world: World) -> None:
    app = world.app
    opens = closed_until(world, days=5)
    said = f"rule 1 of windows: {opens:%a}".lower()
    with world.app.store.reading() as reader:
        facts = one_stack(reader, world.settings, app.clock, None, "web")
        page = run_page(reader, world.settings, app.clock, only_run(world).id)
        stack = stack_page(reader, world.settings, facts)
    assert page.closed is not None
    for text in (page.closed.sentence.lower(), facts.reason.lower(), stack.change.reason.lower()):
        assert said in text
        assert "(customers notice)" in text
        assert f"opens {opens:%a %Y-%m-%d 00:00} utc".lower() in text
    assert stack.change.code == "window"
    assert [window.open for window in stack.windows] == [False]
    assert stack.windows[0].changes_at == opens


def test_a_window_that_closes_before_the_start_keeps_the_run_approved(world: World) -> None:
    closed_until(world, days=0)
    assignment = next_assignment(world.app.control)
    assert assignment is not None
    world.age(hours=13)
    put_back = world.app.worker.perform(assignment)
    assert (put_back.state, put_back.claim) == (State.APPROVED, None)
    assert world.work() == []


def test_an_approval_is_over_with_the_opening_that_it_waited_for(world: World) -> None:
    to(world, closed_until(world, days=5) + timedelta(days=1))
    assert [run.state for run in world.work()] == [State.AWAITING_APPROVAL]
    assert "the approval expired" in world.runs(states=frozenset({State.SUPERSEDED}))[0].reason


def test_a_plan_can_be_approved_for_an_opening_after_it_would_have_expired(waiting: World) -> None:
    opens = closed_until(waiting, days=5)
    waiting.age(days=2)
    waiting.approve(only_run(waiting))
    to(waiting, opens)
    assert [one.state for one in waiting.work()] == [State.APPLIED]


def test_a_clock_that_is_set_back_into_a_window_does_not_open_it(world: World) -> None:
    closed_until(world, days=0)
    world.age(hours=13)
    with world.app.store.writing() as writer:
        writer.audit_note("ana", "stack.look", "web", {})
    world.age(hours=-2)
    assert next_assignment(world.app.control) is None
    with world.app.store.reading() as reader:
        assert kept_closed(world.settings, world.clock, reader, only_run(world)) is not None


def test_plans_and_checks_do_not_wait(world: World) -> None:
    to(world, closed_until(world, days=5))
    assert [run.state for run in world.work()] == [State.APPLIED]
    world.age(days=1)
    request_check(world.app.control, ["web"], ANA)
    (check,) = world.work()
    assert check.state is State.NO_CHANGES
    (plan,) = world.push("web", "two", body=DATA)
    assert plan.state is State.AWAITING_APPROVAL


def test_windows_of_a_commit_plan_nothing_and_it_cannot_loosen_its_own(plain: World) -> None:
    now = plain.clock.now()
    days = [f"{now + timedelta(days=number):%a}".lower() for number in (2, 4)]
    plain.applied("web", rules="windows: [{freeze: [2000-01-01/2000-01-02]}]\n", body=DATA)
    assert plain.push("web", rules=f"windows: [{{allow: [{days[0]}]}}]\n", body=DATA) == []
    # The next commit drops the window, and changes something that it would keep.
    (run,) = plain.push("web", "two", body=DATA)
    plain.approve(run)
    assert plain.work() == []
    with plain.app.store.reading() as reader:
        closed = kept_closed(plain.settings, plain.clock, reader, plain.run(run.id))
    assert closed is not None
    assert "in force until a newer plan is applied" in closed.why
    plain.age(days=2)
    (done,) = plain.work()
    assert done.state is State.APPLIED


def test_an_owner_breaks_the_glass_for_one_run_and_everybody_sees_it(world: World) -> None:
    run = only_run(world)
    closed = break_glass(world.app.control, run.id, ANA, "customers cannot pay")
    assert closed is not None
    (done,) = world.work()
    assert done.state is State.APPLIED
    with world.app.store.reading() as reader:
        page = run_page(reader, world.settings, world.clock, run.id)
        (entry,) = reader.audit(subject=run.name, actor="ana", limit=1)
        (event,) = reader.events(0, ["apply.break_glass"])
    assert page.break_glass is not None
    assert (page.break_glass.by, page.break_glass.reason) == ("ana", "customers cannot pay")
    assert (entry.action, entry.detail["reason"]) == ("apply.break_glass", "customers cannot pay")
    assert "rule 1 of windows" in entry.detail["closed"]
    assert isinstance(event.payload, GlassBroken)
    assert event.payload.reason == "customers cannot pay"
    # Once: the next run waits as any other.
    (later,) = world.push("web", "two", body=DATA)
    world.approve(later)
    assert world.work() == []


def test_broken_glass_counts_no_longer_than_an_approval(world: World) -> None:
    break_glass(world.app.control, only_run(world).id, ANA, "now")
    world.age(seconds=world.settings.approvals.expire + 1)
    assert world.work() == []
    assert only_run(world).state is State.APPROVED


def test_a_glass_that_need_not_be_broken_leaves_no_trace(world: World) -> None:
    to(world, closed_until(world, days=5))
    assert break_glass(world.app.control, only_run(world).id, ANA, "now") is None
    assert only_run(world).glass is None


def test_only_owners_break_the_glass_and_a_try_of_others_is_recorded(world: World) -> None:
    run = only_run(world)
    with pytest.raises(NotAllowed, match=r"only ana may \(approvals.owners\)"):
        break_glass(world.app.control, run.id, BO, "please")
    with world.app.store.reading() as reader:
        (entry,) = reader.audit(subject=run.name, actor="bo", limit=1)
    assert entry.action == "apply.refuse_break_glass"
    assert world.work() == []


def test_where_nobody_is_named_nobody_breaks_the_glass(world: World) -> None:
    world.configure(replace(world.settings, approvals=replace(world.settings.approvals, owners=())))
    with pytest.raises(NotAllowed, match="names nobody") as refused:
        break_glass(world.app.control, only_run(world).id, ANA, "please")
    assert "approvals: {owners: [ana]}" in str(refused.value.hint)


def test_breaking_the_glass_replaces_no_approval(waiting: World) -> None:
    run = only_run(waiting)
    closed_until(waiting, days=5)
    with pytest.raises(WrongState):
        break_glass(waiting.app.control, run.id, ANA, "now")
    assert waiting.work() == []
    assert run.trigger is Trigger.PUSH
