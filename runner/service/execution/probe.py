"""Check whether anything changed: by a probe if one may answer, otherwise by a plain plan, and sometimes by both."""

import time
from collections.abc import Mapping
from dataclasses import replace

from runner.model.drift.probe import (
    Choice,
    ProbeFacts,
    ProbeReady,
    ProbeRecord,
    Probing,
    Way,
    choose,
    plainly,
    stepped_aside,
)
from runner.ports.engine import Engine, EngineError, Execution, Fallback, Planned, Probed

NOT_ALLOWED = "drift.probe is never"
OFF = "a probe disagreed with a full plan"


def look(
    probing: Probing | None, engine: Engine, execution: Execution
) -> tuple[Planned | EngineError, ProbeFacts | None]:
    """The result of a plan. Changes are always found by a plain plan; only "nothing" may come from a probe."""
    if probing is None:
        return engine.plan(execution), None
    if not probing.allowed:
        return engine.plan(execution), ProbeFacts(plainly(probing.record, NOT_ALLOWED))
    ready = engine.probe_ready(execution)
    if isinstance(ready, EngineError):
        return ready, None
    if isinstance(ready, Fallback):
        return engine.plan(execution), ProbeFacts(plainly(probing.record, ready.reason))
    choice = choose(probing, ready)
    if choice.way is Way.PLAIN:
        return engine.plan(execution), ProbeFacts(_plainly(probing, ready, choice))
    return _Look(probing, ready, choice, engine, execution).answer()


def _plainly(probing: Probing, ready: ProbeReady, choice: Choice) -> ProbeRecord:
    """A check without a probe because earlier ones failed counts as one of them."""
    mark = ready.mark(probing.inputs)
    if probing.record.fallback_mark == mark and not probing.triage:
        return stepped_aside(probing.record, mark, choice.reason)
    return plainly(probing.record, choice.reason)


class _Look:
    """One check with a probe, and its fallback."""

    def __init__(
        self, probing: Probing, ready: ProbeReady, choice: Choice, engine: Engine, execution: Execution
    ) -> None:
        self.probing = probing
        self.ready = ready
        self.choice = choice
        self.engine = engine
        self.execution = execution

    def answer(self) -> tuple[Planned | EngineError, ProbeFacts | None]:
        probed = self._probe()
        if isinstance(probed, EngineError):
            return probed, None
        if isinstance(probed, Probed) and self.choice.way is Way.PROBED and not probed.planned.changed:
            return probed.planned, ProbeFacts(self._clean())
        started = time.monotonic()
        planned = self.engine.plan(self.execution)
        seconds = time.monotonic() - started
        if isinstance(planned, EngineError):
            return planned, None
        if isinstance(probed, Fallback):
            mark = self.ready.mark(self.probing.inputs)
            return planned, ProbeFacts(stepped_aside(self.probing.record, mark, probed.reason))
        if planned.changed == probed.planned.changed:
            return planned, ProbeFacts(self._agreed(probed, seconds))
        return self._disagreed(planned)

    def _probe(self) -> Probed | Fallback | EngineError:
        """With the types used last time, and if that fails, with all."""
        known = self.probing.record.types
        if known and (self.choice.way is Way.PROBED or self._same):
            answer = self._probe_with(known)
            if not isinstance(answer, Fallback) or answer.late:
                return answer
        return self._probe_with(None)

    def _probe_with(self, types: Mapping[str, tuple[str, ...]] | None) -> Probed | Fallback | EngineError:
        return self.engine.probe(self.execution, types, self.probing.record.seconds)

    @property
    def _same(self) -> bool:
        return self.ready.mark(self.probing.inputs) == self.probing.record.mark

    def _clean(self) -> ProbeRecord:
        record = self.probing.record
        counted = record.checks if self.probing.triage else record.checks + 1
        return replace(record, checks=counted, way=Way.PROBED, reason="", fallbacks=0, fallback_mark="")

    def _agreed(self, probed: Probed, seconds: float) -> ProbeRecord:
        """A code change that both see is not a check of the stack as applied."""
        if self.probing.triage:
            return plainly(self.probing.record, "the code changes something")
        return ProbeRecord(
            mark=self.ready.mark(self.probing.inputs),
            trusted=self.ready.mark(""),
            types=dict(probed.types),
            checks=self.probing.record.checks + 1 if self._same else 0,
            seconds=round(seconds, 2),
            way=Way.COMPARED,
            reason=self.choice.reason if self.choice.way is Way.COMPARED else "the probe found something",
        )

    def _disagreed(self, planned: Planned) -> tuple[Planned | EngineError, ProbeFacts | None]:
        """The cloud may have changed between the two: then a second probe agrees with the plain plan."""
        again = self._probe_with(None)
        if isinstance(again, EngineError):
            return again, None
        if isinstance(again, Fallback) or again.planned.changed == planned.changed:
            return planned, ProbeFacts(plainly(self.probing.record, "the cloud changed during the check"))
        plain, probe = ("changes", "none") if planned.changed else ("none", "changes")
        difference = f"a full plan found {plain}, a probe {probe}"
        return planned, ProbeFacts(plainly(ProbeRecord(), OFF), difference, self.ready.providers)
