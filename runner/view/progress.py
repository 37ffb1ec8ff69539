"""How far runs are, and what keeps them from going on: what somebody asks again and again while they wait."""

from typing import TYPE_CHECKING

from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.service.approval.windows import kept_closed
from runner.view.lock import LockRow, lock_row
from runner.view.run import RunRow, run_row
from runner.view.window import ClosedView, closed_view

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.store import Reader


@dataclass(frozen=True)
class Progress:
    """`lock` is that of its stack, and `closed` the windows, where they keep the run from being started."""

    run: RunRow
    lock: LockRow | None
    closed: ClosedView | None


def progress(reader: "Reader", settings: Settings, clock: "Clock", run: Run) -> Progress:
    starts = run.claim is None and not run.final and not run.kind.only_reads
    lock = reader.lock(run.stack) if starts else None
    return Progress(
        run=run_row(run),
        lock=lock_row(lock) if lock is not None else None,
        closed=closed_view(kept_closed(settings, clock, reader, run)),
    )
