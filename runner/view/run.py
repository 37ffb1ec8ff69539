"""Runs in a list: what each is, and how it stands."""

from collections.abc import Iterable
from datetime import datetime

from runner.model.run.life import FINAL, Kind, Run, State, Trigger
from runner.model.values.frozen import dataclass
from runner.view.counts import Counts, counts_of
from runner.view.when import whole


@dataclass(frozen=True)
class RunRow:
    """`process` executes it now; `superseded_by` and `report` are names, such as `run-185` and `dr-3`."""

    id: str
    stack: str
    source: str
    kind: Kind
    state: State
    reason: str
    revision: str
    created_at: datetime
    changed_at: datetime
    planned_at: datetime | None
    trigger: Trigger
    requested_by: str
    targets: tuple[str, ...]
    summary: Counts
    plan_digest: str | None
    fingerprint: str | None
    executed_digest: str | None
    wait_until: datetime | None
    binding_digest: str | None
    engine_version: str | None
    process: str | None
    superseded_by: str | None
    cancel_requested_by: str | None
    report: str | None
    healed_by: tuple[str, ...]  # the heal rules that approved it

    @property
    def number(self) -> int:
        return int(self.id.removeprefix("run-"))

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def note(self) -> str:
        """Its reason, and that heal rules approved it."""
        healed = f"approved by {'; '.join(self.healed_by)}" if self.healed_by else ""
        return self.reason if healed in self.reason else "; ".join(filter(None, [self.reason, healed]))


RunRows = tuple[RunRow, ...]


def run_rows(runs: Iterable[Run]) -> RunRows:
    return tuple(map(run_row, runs))


def run_row(of: Run) -> RunRow:
    return RunRow(
        id=of.name,
        stack=of.stack,
        source=of.source,
        kind=of.kind,
        state=of.state,
        reason=of.reason,
        revision=of.revision,
        created_at=whole(of.created_at),
        changed_at=whole(of.changed_at),
        planned_at=whole(of.planned_at),
        trigger=of.trigger,
        requested_by=of.requested_by,
        targets=of.targets,
        summary=counts_of(of.summary),
        plan_digest=of.plan_digest,
        fingerprint=of.fingerprint,
        executed_digest=of.executed_digest,
        wait_until=whole(of.wait_until),
        binding_digest=of.binding_digest,
        engine_version=of.engine_version,
        process=of.claim.process if of.claim else None,
        superseded_by=f"run-{of.superseded_by}" if of.superseded_by else None,
        cancel_requested_by=of.cancel_requested_by,
        report=f"dr-{of.report}" if of.report else None,
        healed_by=tuple(one.rule for one in of.healed_by),
    )
