"""Whether the windows of a run's stack let it be applied now; an owner may have opened them for it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from runner.model.approval.terms import Terms
from runner.model.run.life import Run, State
from runner.model.settings.server import Settings
from runner.model.window.closed import Closed, Openings
from runner.service.approval.terms import run_terms

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.audit import AuditReader
    from runner.ports.records.joined import ConsentReader


def kept_closed(
    settings: Settings, clock: "Clock", reader: "ConsentReader", run: Run, openings: Openings | None = None
) -> Closed | None:
    """Which windows an approved run waits for; None if none does. One pass over many runs shares its `openings`."""
    if run.state is not State.APPROVED or run.claim is not None:
        return None
    terms = run_terms(settings, reader, run)
    return closed_for(settings, clock, reader, run, terms, openings or Openings(clock.now()))


def closed_for(
    settings: Settings, clock: "Clock", reader: "AuditReader", run: Run, terms: Terms, openings: Openings
) -> Closed | None:
    """Which windows keep a run on these terms from being applied, whatever its state."""
    if not terms.windows:
        return None
    from runner.service.integrity.check_clock import steady_now

    lasts = timedelta(seconds=settings.approvals.expire)
    if run.glass is not None and run.glass.holds(steady_now(reader, clock, run.name), lasts):
        return None
    # What is closed now needs no look at the times on record: many runs may wait for one window.
    return openings.closed(terms.windows) or openings.closed(
        terms.windows, steady_now(reader, clock, run.name)
    )
