"""Make a plan: with warm providers if it may stand alone, otherwise by a full plan, and sometimes both ways."""

import time
from dataclasses import replace
from typing import TypeVar

from runner.model.plan.form import Form, differing, form_of
from runner.model.warm.compared import HowPlanned, asked, doubt, plans_since
from runner.model.warm.probe import (
    Choice,
    ProbeFacts,
    ProbeRecord,
    Probing,
    choose,
    plainly,
    stepped_aside,
)
from runner.model.warm.provider import Ready, Types, Way
from runner.model.warm.replay import CHANGES, WARM, differed, held_back, unreplayed
from runner.ports.engine import Engine, EngineError, Execution, Fallback, Planned, Probed

NOT_ALLOWED = "drift.probe is never"
ASKED = "somebody asked for a full plan"
PLAIN_PLANS = "plan.providers is plain"
OFF = "a probe disagreed with a full plan"
MOVED = "the cloud changed during the comparison"
VOLATILE = "two full plans differ, in {}"

Answer = tuple[Planned | EngineError, ProbeFacts | None]
T = TypeVar("T")


def look(probing: Probing | None, engine: Engine, execution: Execution) -> Answer:
    """A plan, and how it was made."""
    if probing is None:
        return engine.plan(execution), None
    if reason := _ruled_out(probing):
        return _full(engine, execution, probing.record, reason)
    ready = engine.probe_ready(execution)
    if isinstance(ready, EngineError):
        return ready, None
    if isinstance(ready, Fallback):
        return _full(engine, execution, probing.record, ready.reason)
    choice = choose(probing, ready)
    if choice.way is Way.PLAIN:
        return _shown_plainly(engine.plan(execution)), _facts(_plainly(probing, ready, choice))
    return _Look(probing, ready, choice, engine, execution).answer()


def _ruled_out(probing: Probing) -> str:
    """Why somebody wants nothing but a full plan."""
    if probing.full:
        return ASKED
    if probing.allowed:
        return ""
    return NOT_ALLOWED if probing.check else PLAIN_PLANS


def _full(engine: Engine, execution: Execution, record: ProbeRecord, reason: str) -> Answer:
    return _shown_plainly(engine.plan(execution)), _facts(plainly(record, reason))


def _shown_plainly(planned: Planned | EngineError) -> Planned | EngineError:
    """Its changes are rendered without warm providers too."""
    if isinstance(planned, EngineError) or planned.show is None:
        return planned
    show = planned.show
    return replace(planned, show=lambda _types: show(None))


def _facts(record: ProbeRecord) -> ProbeFacts:
    """After a plain plan."""
    return ProbeFacts(record, HowPlanned(Way.PLAIN, record.reason))


def _plainly(probing: Probing, ready: Ready, choice: Choice) -> ProbeRecord:
    """A plan without warm providers because earlier ones failed counts as one of them."""
    mark = probing.mark(ready)
    if probing.record.fallback_mark == mark:
        return stepped_aside(probing.record, mark, choice.reason)
    return plainly(probing.record, choice.reason)


class _Look:
    """One plan with warm providers, its comparison, and its fallback."""

    def __init__(
        self, probing: Probing, ready: Ready, choice: Choice, engine: Engine, execution: Execution
    ) -> None:
        self.probing = probing
        self.ready = ready
        self.choice = choice
        self.engine = engine
        self.execution = execution
        self.mark = probing.mark(ready)
        self.unreplayed = ""
        self.differs = False

    def answer(self) -> Answer:
        try:
            return self._answer()
        except _Failed as failed:
            return failed.error, None

    def _answer(self) -> Answer:
        if self._replays and (replayed := self._replay()) is not None:
            return replayed
        probed = self._probe()
        if isinstance(probed, Fallback):
            return _done(self.engine.plan(self.execution)), _facts(self._aside(probed.reason))
        why = self._doubt(probed)
        if not why:
            record = self._kept(probed, self._stands(probed))
            return probed.planned, ProbeFacts(record, self._how_warm(probed), dict(probed.types))
        return self._compared(probed, why)

    @property
    def _replays(self) -> bool:
        return self.probing.replays and self.choice.way is Way.PROBED

    def _replay(self) -> Answer | None:
        """A check without terraform; None, with the reason in `unreplayed`, if a probe has to be made."""
        record = self.probing.record
        self.unreplayed = held_back(record)
        if self.unreplayed:
            return None
        answer = self.engine.replay(self.execution, self.probing.recorded_inputs)
        if isinstance(answer, EngineError):
            raise _Failed(answer)
        if isinstance(answer, Fallback):
            self.unreplayed, self.differs = answer.reason, answer.differs
            return None
        done = replace(
            record,
            way=Way.REPLAYED,
            reason="",
            checks=record.checks + 1,
            vain=0,
            fallbacks=0,
            fallback_mark="",
        )
        how = HowPlanned(Way.REPLAYED, "", 0, self.ready.engine, self.ready.providers)
        return answer, ProbeFacts(done, how)

    def _kept(self, probed: Probed, record: ProbeRecord) -> ProbeRecord:
        """After a check that stands: its calls are kept for the next one, or the record says why not."""
        if not self.probing.check:
            return record
        kept = CHANGES if probed.planned.changed else "" if probed.keep is None else probed.keep()
        if self.differs and not kept:
            record = differed(record)
        return replace(record, reason=unreplayed(kept or self.unreplayed)) if self._replays else record

    def _doubt(self, probed: Probed) -> str:
        """Why the plan has to be compared. A check that finds nothing was compared with the same code before."""
        if self.choice.way is Way.COMPARED:
            return self.choice.reason
        if self.probing.check and not probed.planned.changed:
            return ""
        if not self.probing.plans.allowed:
            return PLAIN_PLANS
        return doubt(
            self.probing.plans,
            self.probing.compared,
            self.ready,
            probed.types,
            destroys=probed.planned.destroys,
        )

    def _probe(self) -> Probed | Fallback:
        """With the types of the code and of the last plan; with all where one is missing."""
        answer = self._probe_with(self.probing.record.types)
        return self._probe_with(None) if isinstance(answer, Fallback) and answer.lacks else answer

    def _probe_with(self, types: Types | None) -> Probed | Fallback:
        inputs = self.probing.recorded_inputs if self.probing.replays else None
        answer = self.engine.probe(self.execution, types, self.probing.record.seconds, inputs)
        if isinstance(answer, EngineError):
            raise _Failed(answer)
        return answer

    def _plain(self) -> Planned:
        """With its changes, rendered without warm providers: what is shown is compared as well."""
        planned = _done(self.engine.plan(self.execution))
        return planned if planned.show is None else _done(planned.show(None))

    def _compared(self, probed: Probed, why: str) -> Answer:
        """By a full plan, which is the one that counts."""
        warm = _form(probed.planned)
        started = time.monotonic()
        plain = self._plain()
        seconds = time.monotonic() - started
        full = _form(plain)
        return (plain, self._agreed(probed, seconds, why)) if warm == full else self._again(plain, full)

    def _again(self, plain: Planned, full: Form) -> Answer:
        """The cloud may have changed between the two, and some code plans something else each time.

        The second probe has the schema of the first: a fault of its cut must not look like a change of the cloud.
        """
        second = self._probe()
        if isinstance(second, Fallback):
            return plain, _facts(self._aside(second.reason))
        warm = _form(second.planned)
        if warm == full:
            return plain, _facts(plainly(self.probing.record, MOVED))
        newest = self._plain()
        form = _form(newest)
        if form != full:
            return newest, _facts(self._aside(VOLATILE.format(_parts(form, full))))
        return newest, ProbeFacts(
            plainly(ProbeRecord(), OFF),
            HowPlanned(Way.PLAIN, OFF),
            disagreed=_difference(newest, second.planned, form, warm),
            providers=self.ready.providers,
        )

    # What is recorded

    def _how_warm(self, probed: Probed) -> HowPlanned:
        """A check without changes is counted by the stack, not by the installation."""
        unseen = self.probing.check and not probed.planned.changed
        plans = 0 if unseen else plans_since(self.probing.compared, asked(self.ready, probed.types)) + 1
        return HowPlanned(Way.PROBED, "", plans, self.ready.engine, self.ready.providers)

    def _stands(self, probed: Probed) -> ProbeRecord:
        record = replace(self.probing.record, way=Way.PROBED, reason="", fallbacks=0, fallback_mark="")
        if self.probing.check:
            why = "" if self.probing.replays else unreplayed(WARM)
            return replace(record, checks=record.checks + 1, reason=why)
        return replace(record, types=dict(probed.types))

    def _agreed(self, probed: Probed, seconds: float, why: str) -> ProbeFacts:
        """What changes nothing was not shown, so it confirms the answer of this stack's checks and nothing else."""
        record, types = self.probing.record, dict(probed.types)
        if self.probing.check:
            same = self.mark == record.mark
            record = ProbeRecord(mark=self.mark, checks=record.checks + 1 if same else 0)
        agreed = replace(
            record,
            types=types,
            seconds=round(seconds, 2),
            way=Way.COMPARED,
            reason=why,
            fallbacks=0,
            fallback_mark="",
        )
        return ProbeFacts(
            self._kept(probed, agreed),
            HowPlanned(Way.COMPARED, why, 0, self.ready.engine, self.ready.providers),
            types if probed.planned.changed else {},
        )

    def _aside(self, reason: str) -> ProbeRecord:
        return stepped_aside(self.probing.record, self.mark, reason)


class _Failed(Exception):
    """A command failed, and no other way to plan would help"""

    def __init__(self, error: EngineError) -> None:
        super().__init__(error.command)
        self.error = error


def _done(answer: T | EngineError) -> T:
    if isinstance(answer, EngineError):
        raise _Failed(answer)
    return answer


def _form(planned: Planned) -> Form:
    """Empty for a plan without changes."""
    if planned.apart is not None:
        return _done(planned.apart.form())
    return frozenset() if planned.document is None else form_of(planned.document)


def _parts(one: Form, other: Form) -> str:
    first, *rest = differing(one, other)
    return f"{first} and {len(rest)} more" if rest else first


def _difference(plain: Planned, probe: Planned, full: Form, warm: Form) -> str:
    if plain.changed != probe.changed:
        found = ("changes", "none") if plain.changed else ("none", "changes")
        return f"a full plan found {found[0]}, a probe {found[1]}"
    return f"a full plan and a probe differ in {_parts(full, warm)}"
