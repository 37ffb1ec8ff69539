"""Whatever people, Git, clocks, crashes and old backups do in whatever order: the life of a run obeys its table.

`DRIFTLINE_LIVES=1000` tries so many instead of a few.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fake_terraform import FAILS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from life_people import (
    OF_A_RUN,
    OF_A_STACK,
    Verb,
    approving,
    resolved_as_applied,
    resolved_as_failed,
    unlocked,
)
from life_world import (
    APPLYING,
    DEATHS,
    EXECUTING,
    OPEN,
    STACKS,
    STARTING,
    Cut,
    Installation,
    Process,
    Said,
    false_ends,
    moments,
)
from repetitions import examples

from runner.errors import DriftlineError
from runner.model.run.life import FINAL, TRANSITIONS, Event, Run, State
from runner.ports.records.runs import RunFilter
from runner.service.cycle.begin import begin

MAX_BACKUPS = 2


stacks = st.sampled_from(STACKS)
values = st.sampled_from(["one", "two", "three", "four", FAILS])
hits = st.integers(1, 2)


def deaths(*of: str) -> st.SearchStrategy[Cut | None]:
    """At one of these places, or none."""
    return st.none() | st.builds(Cut, st.sampled_from(moments(*of)), hits, st.sampled_from(DEATHS))


words = st.tuples(st.sampled_from((*OF_A_RUN, *OF_A_STACK)), stacks)
meanwhile = st.builds(Cut, st.sampled_from(moments(*OPEN)), hits, said=words)
turns = st.one_of(deaths(*EXECUTING), deaths(*EXECUTING), meanwhile)
applies = st.builds(Cut, st.sampled_from(moments(*APPLYING)), st.just(1), st.sampled_from(DEATHS))
jumps = st.sampled_from([timedelta(minutes=20), timedelta(hours=2), timedelta(days=1.1), timedelta(days=366)])


class LifeOfARun(RuleBasedStateMachine):
    """A daemon that comes and goes, people who always can, and applies that outlive both."""

    def __init__(self) -> None:
        super().__init__()
        self.here = Installation(Path(tempfile.mkdtemp(dir=self.root)))
        self.daemon: Process | None = None
        self.people = Process(self.here)
        self.unknown: set[str] = set()  # stacks that were applied since the backup that was put back
        self.ended: dict[int, Run] = {}  # as they were when they had ended
        self.seen = 0  # audit entries that were looked at

    root: Path

    # The daemon

    @initialize()
    def first_start(self) -> None:
        self.restart(None, accept_clock=False)

    @rule(cut=deaths(*STARTING), accept_clock=st.booleans())
    def restart(self, cut: Cut | None, *, accept_clock: bool) -> None:
        """As the daemon's command does, before anything else."""
        if self.daemon is not None:
            self.daemon.end()
        self.daemon = None
        daemon = Process(self.here, self._meanwhile)
        with daemon.acting(cut):
            try:
                begin(daemon.app.control, accept_clock=accept_clock)
            except DriftlineError:
                daemon.end()
            else:
                self.daemon = daemon
                self._every_lost_apply_is_locked()
                daemon.recover()
        self.unknown.clear()
        self._bury()

    @rule(cut=turns)
    def turn(self, cut: Cut | None) -> None:
        """Poll, decide, and execute what there is."""
        if self.daemon is None:
            self.restart(None, accept_clock=False)
        if self.daemon is not None:
            with self.daemon.acting(cut):
                self.daemon.recover()
                self.daemon.work()
        self._bury()

    @rule(stack=stacks, value=values, cut=turns)
    def push_approve_and_apply(self, stack: str, value: str, cut: Cut | None) -> None:
        self._push_and_approve(stack, value)
        self.turn(cut)

    @rule(stack=stacks, value=values, cut=applies)
    def die_while_it_is_applied(self, stack: str, value: str, cut: Cut) -> None:
        self._push_and_approve(stack, value)
        self.turn(cut)

    @rule(stack=stacks, value=values, cut=turns)
    def go_back_to_before_it_was_applied(self, stack: str, value: str, cut: Cut | None) -> None:
        self._push_and_approve(stack, value)
        self.backup()
        self.turn(cut)
        self.restore(-1)

    def _push_and_approve(self, stack: str, value: str) -> None:
        """By people who have looked after what was before."""
        self.resolve(None)
        self._say(unlocked, stack)
        self.here.remote.push(**{stack: value})
        self.turn(None)
        self.approve(None)

    @precondition(lambda self: self.daemon is not None)
    @rule(cut=deaths("prune."))
    def tidy_up(self, cut: Cut | None) -> None:
        if self.daemon is not None:
            with self.daemon.acting(cut):
                self.daemon.tidy()
        self._bury()

    def _bury(self) -> None:
        if self.daemon is not None and self.daemon.is_dead:
            self.daemon = None
        if self.people.is_dead:
            self.people = Process(self.here)

    # What lives on by itself

    @precondition(lambda self: self.here.cloud.living)
    @rule(steps=st.integers(0, 4), dies=st.booleans())
    def an_apply_goes_on(self, steps: int, *, dies: bool) -> None:
        for apply in self.here.cloud.living:
            for _ in range(steps):
                apply.go_on()
            if dies:
                apply.die()

    # People

    @precondition(lambda self: self._runs(State.AWAITING_APPROVAL))
    @rule(cut=deaths("approve."))
    def approve(self, cut: Cut | None) -> None:
        for run in self._runs(State.AWAITING_APPROVAL):
            self._say(approving, run.id, cut)

    @rule(says=st.sampled_from(OF_A_RUN), stack=stacks)
    def say_of_runs(self, says: Verb, stack: str) -> None:
        for run in self._open(stack):
            self._say(says, run.id)

    @rule(says=st.sampled_from(OF_A_STACK), stack=stacks)
    def say_of_a_stack(self, says: Verb, stack: str) -> None:
        self._say(says, stack)

    @precondition(lambda self: self._runs(State.INTERRUPTED))
    @rule(cut=deaths("resolve."))
    def resolve(self, cut: Cut | None) -> None:
        """They have looked, and say what is true."""
        for run in self._runs(State.INTERRUPTED):
            if run.executed_digest not in {apply.digest for apply in self.here.cloud.living}:
                made = run.executed_digest in self.here.cloud.effects
                self._say(resolved_as_applied if made else resolved_as_failed, run.id, cut)

    def _say(self, says: Verb, of: Any, cut: Cut | None = None) -> None:
        with self.people.acting(cut), suppress(DriftlineError):
            says(self.people.app, of)
        self._bury()

    def _meanwhile(self, said: Said) -> None:
        """While the daemon is at work."""
        verb, stack = said
        for of in [stack] if verb in OF_A_STACK else [run.id for run in self._open(stack)]:
            self._say(verb, of)

    # The world

    @rule(jump=jumps, direction=st.sampled_from((1, 1, -1)))
    def clock_jumps(self, jump: timedelta, direction: int) -> None:
        self.here.clock.at += direction * jump

    @precondition(lambda self: len(self.here.backups) < MAX_BACKUPS)
    @rule()
    def backup(self) -> None:
        self.here.backup(self.people)

    @precondition(lambda self: self.here.backups)
    @rule(which=st.integers(0, MAX_BACKUPS - 1))
    def restore(self, which: int) -> None:
        """With the daemon stopped, and applies that go on."""
        self.here.restore(self.here.backups[which % len(self.here.backups)])
        self.ended.clear()
        self.seen = 0
        self._bury()
        applies = [one for one in self.here.cloud.applies if self.here.cloud.handed[one.digest]]
        with self.people.app.store.reading() as reader:
            entries = reader.audit(limit=100_000)
            stacks = {stack.name for stack in reader.stacks()}
        known = {entry.detail.get(name) for entry in entries for name in ("executed_digest", "digest")}
        # A stack that is not even known is found, and looked at, like any new one.
        self.unknown = stacks & {one.stack for one in applies if one.digest not in known}

    # What must always hold

    @invariant()
    def every_apply_was_started_rightly_and_once(self) -> None:
        assert self.here.started == []
        assert [d for d, count in self.here.cloud.handed.items() if count > 1] == []

    @invariant()
    def the_log_tells_every_change_and_only_edges_of_the_table(self) -> None:
        store = self.people.app.store
        assert store.verify_audit() is None
        with store.reading() as reader:
            newest = reader.audit_head()[0]
            entries = reader.audit(limit=max(1, newest - self.seen))
            runs = {run.name: run for run in reader.runs(RunFilter(limit=1000))}
        self.seen = newest
        last: dict[str, str] = {}
        for entry in reversed(entries):
            _, _, event = entry.action.partition("run.")
            if event in set(Event):
                edge = State(entry.detail["from"]), Event(event)
                assert TRANSITIONS[edge] == entry.detail["state"]
                assert last.get(entry.subject, entry.detail["from"]) == entry.detail["from"]
                last[entry.subject] = entry.detail["state"]
        for name, state in last.items():
            assert name not in runs or runs[name].state == state

    @invariant()
    def one_at_a_time(self) -> None:
        with self.people.app.store.reading() as reader:
            runs = reader.runs(RunFilter(limit=1000))
            held = {lock.stack for lock in reader.placed_locks()}
        for stack in STACKS:
            mine = [run for run in runs if run.stack == stack]
            assert sum(run.claim is not None for run in mine) <= 1
            assert sum(run.state in {State.APPLYING, State.INTERRUPTED} for run in mine) <= 1
            if any(run.state is State.INTERRUPTED for run in mine):
                assert stack in held

    @invariant()
    def no_end_is_false_and_none_changes(self) -> None:
        with self.people.app.store.reading() as reader:
            runs = reader.runs(RunFilter(limit=1000))
        assert false_ends(self.here, runs) == []
        for run in runs:
            before = self.ended.get(run.id)
            if before is not None and before.state is not State.INTERRUPTED:
                assert (run.state, run.version) == (before.state, before.version)
            elif before is not None:
                assert run.state in {State.INTERRUPTED, State.APPLIED, State.APPLY_FAILED}
            if run.state in FINAL:
                self.ended[run.id] = run

    def _every_lost_apply_is_locked(self) -> None:
        with self.people.app.store.reading() as reader:
            assert self.unknown <= {lock.stack for lock in reader.placed_locks()}

    # The end

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            for process in list(self.here.alive):
                process.end()
            for apply in self.here.cloud.living:
                apply.die()
            shutil.rmtree(self.here.root)

    def _come_to_rest(self) -> None:
        """Nothing is lost: whatever happened, a daemon and people who go on bring every stack to its last commit."""
        for stack in STACKS:
            self.here.remote.push(**{stack: f"{stack} at last"})
        self.restart(None, accept_clock=True)
        for _ in range(12):
            for apply in self.here.cloud.living:
                while apply in self.here.cloud.living:
                    apply.go_on()
            if self.daemon is None:
                self.restart(None, accept_clock=True)
            self.turn(None)
            self.resolve(None)
            for stack in STACKS:
                self._say(unlocked, stack)
            self.approve(None)
            self.here.clock.at += timedelta(minutes=20)
        self.every_apply_was_started_rightly_and_once()
        self.no_end_is_false_and_none_changes()
        self.the_log_tells_every_change_and_only_edges_of_the_table()
        assert self.people.app.store.problems() == []
        assert {run.name: run.state for run in self._runs(*(set(State) - FINAL))} == {}
        assert self.here.cloud.values == {stack: f"{stack} at last" for stack in STACKS}

    def _runs(self, *states: State) -> list[Run]:
        with self.people.app.store.reading() as reader:
            return reader.runs(RunFilter(states=frozenset(states), limit=1000))

    def _open(self, stack: str) -> list[Run]:
        with self.people.app.store.reading() as reader:
            return reader.open_runs(stack)


LifeOfARun.TestCase.settings = settings(
    max_examples=int(os.environ.get("DRIFTLINE_LIVES", examples(20))),
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    LifeOfARun.root = tmp_path_factory.mktemp("lives").resolve()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


TestLifeOfARun = LifeOfARun.TestCase
