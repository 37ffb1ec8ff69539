"""Every end of a run syncs its stack, waits for somebody, or backs off: each of them as the answer to every attempt."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from records_world import CONFIG, Records, discovered, sha

from runner.model.changes.changes import Action, ChangeSet, OutputChange, ResourceChange, Summary
from runner.model.drift.report import DriftClass, Finding
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, Phase, PlanFailure, PlanResult
from runner.model.run.life import Event, Kind, State
from runner.model.schedule.check_rules import CHECK_RULES
from runner.model.schedule.decide import decide
from runner.model.schedule.rule import Next
from runner.model.schedule.view import View
from runner.model.stack.definition import ApplyRules, DriftRules, StackDefinition, Sync
from runner.service.cycle.dispatch import next_assignment
from runner.service.outcome.settle import settle
from runner.service.queue.enqueue import enqueue_due
from runner.service.queue.views import view

STEP, SPAN = timedelta(minutes=10), timedelta(hours=9, minutes=5)
# Two plans with nothing in between are still told apart from a loop: the one that was thrown away, and its fresh one.
MAX_AT_ONCE = 2
MAX_AN_HOUR = 4
THING = ResourceChange("test_thing.a", "test_thing", Action.CREATE)
READ = ResourceChange("data.test_thing.a", "test_thing", Action.READ, data=True)
BEGUN = frozenset(ApplyOutcome) - {
    ApplyOutcome.PUT_BACK,
    ApplyOutcome.NOT_STARTED,
    ApplyOutcome.DELAYED,
    ApplyOutcome.NOTHING_LEFT,
    ApplyOutcome.CHANGED,
}
# Their own ends are recovery's: it puts the run back or adopts it, and neither plans.
ENDS_OF_A_PROCESS = {ApplyOutcome.PUT_BACK, ApplyOutcome.LEFT, ApplyOutcome.UNSEEN}

PLANS: dict[str, ChangeSet | PlanFailure] = {
    "changes": ChangeSet(resources=(THING,), summary=Summary(create=1)),
    "a part of the changes": ChangeSet(resources=(THING,), summary=Summary(create=1), complete=False),
    "outputs": ChangeSet(outputs=(OutputChange("x", Action.UPDATE, 1, 2),), summary=Summary(output=1)),
    "nothing": ChangeSet(),
    "reads": ChangeSet(resources=(READ,)),
    "a part that is nothing": ChangeSet(complete=False),
    "a part that reads": ChangeSet(resources=(READ,), complete=False),
    "failed": PlanFailure((), "syntax"),
    "held": PlanFailure((), "somebody", state_locked=True),
}
CHECKS: dict[str, PlanResult | PlanFailure | tuple[Finding, ...]] = {
    "clean": (),
    "drifted": (Finding("test_thing.a", Action.UPDATE, DriftClass.DRIFT),),
    "absorbed": (Finding("test_thing.a", Action.UPDATE, DriftClass.ABSORBED),),
    "partial": (Finding("test_thing.a", Action.UPDATE, DriftClass.PARTIAL, run="run-1", revision="a" * 40),),
    "failed": PlanFailure((), "no route"),
    "held": PlanFailure((), "somebody", state_locked=True),
}


@dataclass
class Day:
    """A daemon and the only answers that it ever gets; nobody says anything."""

    records: Records
    plan: ChangeSet | PlanFailure
    apply: ApplyOutcome = ApplyOutcome.APPLIED
    check: object = ()
    attempts: list[tuple[datetime, Kind, Phase]] = field(default_factory=list)

    def passes(self) -> None:
        until = self.records.clock.now() + SPAN
        while self.records.clock.now() < until:
            enqueue_due(self.records.app.store, self.records.clock, ())
            assignment = next_assignment(self.records.control)
            if assignment is None:
                assert settled(self.view), decide(self.view)
                assert checks_settled(self.view), decide(self.view, CHECK_RULES)
                self.records.clock.at += STEP
                continue
            job = assignment.job
            now = self.records.clock.now()
            self.attempts.append((now, job.kind, job.phase))
            settle(self.records.control, assignment.job, self._answer(job))
            assignment.held.release()
            assert self.attempts.count((now, job.kind, Phase.PLAN)) <= MAX_AT_ONCE, "it loops"
            assert self.attempts.count((now, job.kind, Phase.APPLY)) <= MAX_AT_ONCE, "it loops"

    def _answer(self, job: Job) -> PlanResult | PlanFailure | ApplyResult:
        if job.phase is Phase.APPLY:
            if self.apply in BEGUN:
                self._begin(job)
            return ApplyResult(self.apply, "so it was")
        if job.kind is Kind.DRIFT:
            found = self.check
            if isinstance(found, PlanFailure):
                return found
            assert isinstance(found, tuple)
            return self._planned(job, PLANS["changes"] if found else ChangeSet(), found)
        return self._planned(job, self.plan)

    def _planned(
        self, job: Job, plan: ChangeSet | PlanFailure, found: tuple[Finding, ...] = ()
    ) -> PlanResult | PlanFailure:
        if isinstance(plan, PlanFailure):
            return plan
        digest = sha(f"plan of {job.name}") if not plan.empty else None
        now = self.records.clock.now()
        return PlanResult(plan, sha("meaning"), digest, now, "1.11.4", found, sha("drift"))

    def _begin(self, job: Job) -> None:
        with self.records.control.store.writing() as writer:
            run = writer.run(job.run)
            writer.transition(run, Event.START_APPLY, by="test", executed_digest=sha(f"of {job.name}"))

    def planned(self, kind: Kind = Kind.CHANGE) -> int:
        return sum(one[1:] == (kind, Phase.PLAN) for one in self.attempts)

    @property
    def view(self) -> View:
        with self.records.control.store.reading() as reader:
            return view(reader, self.records.clock, "prod/vpc")


def installation(root: Path, mode: str, action: str = "report") -> Records:
    (root / "repository").mkdir()
    records = Records(root)
    config = CONFIG.format(root=root) + "approvals: {rules: [{mode_at_most: automatic}]}\n"
    (root / "driftline.yaml").write_text(config)
    records.restart()
    definition = StackDefinition("prod/vpc", apply=ApplyRules(mode=mode), drift=DriftRules(action=action))  # type: ignore[arg-type]
    with records.control.store.writing() as writer:
        found = discovered("prod/vpc")
        writer.save_discovered(
            type(found)(**{**vars(found), "definition": definition}),
        )
        writer.mark_missing("prod/rds")
    return records


def settled(view: View) -> str:
    """How it stands: one of the three ways in which a stack may be left alone; empty where it is none."""
    decision, stack = decide(view), view.stack
    run = view.open_change
    if stack.sync is Sync.SYNCED:
        return "synced"
    if view.lock is not None or (run is not None and run.state is State.AWAITING_APPROVAL):
        return "waits for somebody"
    if decision.action is Next.NOTHING:
        return "waits for somebody"
    if decision.code in {"put_off", "plan_failed"}:
        return "backs off"
    return ""


def checks_settled(view: View) -> bool:
    return decide(view, CHECK_RULES).code in {"never_applied", "not_due", "put_off"}


# The others end without an apply, and so does all where nobody approves: there one outcome is as good as all.
APPLIED = ("changes", "a part of the changes", "outputs")
WAYS = [
    *(
        ("automatic", plan, apply)
        for plan in APPLIED
        for apply in sorted(set(ApplyOutcome) - ENDS_OF_A_PROCESS)
    ),
    *(("automatic", plan, ApplyOutcome.APPLIED) for plan in PLANS if plan not in APPLIED),
    *((mode, plan, ApplyOutcome.APPLIED) for plan in PLANS for mode in ("never", "approved")),
]


@pytest.mark.parametrize(("mode", "plan", "apply"), WAYS)
def test_no_stack_is_planned_again_and_again(
    tmp_path: Path, mode: str, plan: str, apply: ApplyOutcome
) -> None:
    day = Day(installation(tmp_path, mode), PLANS[plan], apply)
    day.passes()
    assert 1 <= day.planned() <= MAX_AN_HOUR * SPAN // timedelta(hours=1), day.attempts
    applies = any(phase is Phase.APPLY for _, _, phase in day.attempts)
    assert applies is (mode == "automatic" and plan in APPLIED)


@pytest.mark.parametrize("action", ["report", "propose"])
@pytest.mark.parametrize("mode", ["approved", "automatic"])
@pytest.mark.parametrize("check", CHECKS)
def test_no_stack_is_checked_again_and_again(tmp_path: Path, check: str, mode: str, action: str) -> None:
    day = Day(installation(tmp_path, mode, action), ChangeSet(), check=CHECKS[check])
    day.passes()
    assert day.view.stack.sync is Sync.SYNCED
    assert 1 <= day.planned(Kind.DRIFT) <= MAX_AN_HOUR * SPAN // timedelta(hours=1), day.attempts
