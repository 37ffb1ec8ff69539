"""How far the approval of a run is, at the time that the audit log vouches for."""

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.model.approval.rules import Standing, standing
from runner.model.approval.terms import Terms
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.service.approval.healing import still_heals
from runner.service.integrity.check_clock import steady_now

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.joined import QuestionReader


def standing_now(
    settings: Settings, clock: "Clock", reader: "QuestionReader", run: Run, terms: Terms
) -> Standing:
    """Only approvals that have not expired count. A run that heal rules approved needs none while they let it pass."""
    now = steady_now(reader, clock, run.name)
    found = standing(run, reader.approvals(run.id), terms, settings.approvals, now)
    if run.healed_by and not found.complete and still_heals(settings, clock, reader, run).heals:
        return replace(found, needed=0, lacks=())
    return found
