"""What one pass of the daemon came to: the runs that ended in it, what needs somebody now, and an exit code."""

from collections.abc import Sequence

from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.view.facts import all_stacks
from runner.view.host import Host
from runner.view.need import Need
from runner.view.run import RunRows, run_rows
from runner.view.source import SourceRow
from runner.view.status import configured_sources, needs_now

FINE, FAILED, DRIFTED = 0, 1, 2


@dataclass(frozen=True)
class DriftNames:
    """The names of the drift reports that are not resolved."""

    open: tuple[str, ...]
    acknowledged: tuple[str, ...]


@dataclass(frozen=True)
class PassPage:
    """`exit_code` is that of the state that the pass left: the next pass over the same state gives the same."""

    exit_code: int
    runs: RunRows
    needs: tuple[Need, ...]
    sources: tuple[SourceRow, ...]
    drift: DriftNames


def pass_page(
    reader: Reader, settings: Settings, clock: Clock, host: Host, ended: Sequence[Run], *, acknowledged: bool
) -> PassPage:
    """With `acknowledged`, acknowledged drift counts as well."""
    stacks, reports = all_stacks(reader, settings, clock, host.shortage), reader.reports()
    sources = configured_sources(reader, settings, host, stacks)
    found = needs_now(reader, settings, host, stacks, sources, reports)
    drift = DriftNames(
        open=tuple(report.name for report in reports if report.is_reported(host.now)),
        acknowledged=tuple(report.name for report in reports if report.acknowledged(host.now)),
    )
    return PassPage(
        _exit_code(found, drift, acknowledged=acknowledged), run_rows(ended), found, sources, drift
    )


def _exit_code(found: Sequence[Need], drift: DriftNames, *, acknowledged: bool) -> int:
    if any(need.failure for need in found):
        return FAILED
    return DRIFTED if drift.open or (acknowledged and drift.acknowledged) else FINE
