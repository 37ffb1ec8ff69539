"""How far the approval of a run is, at the time that the audit log vouches for."""

from runner.model.approval.rules import Standing, standing
from runner.model.approval.terms import Terms
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.ports.basics import Clock
from runner.ports.records.joined import ConsentReader
from runner.service.integrity.check_clock import steady_now


def standing_now(settings: Settings, clock: Clock, reader: ConsentReader, run: Run, terms: Terms) -> Standing:
    """Only approvals that have not expired count."""
    now = steady_now(reader, clock, run.name)
    return standing(run, reader.approvals(run.id), terms, settings.approvals, now)
