"""The clock and the audit log: a clock that is far behind is refused, and never makes anything younger."""

from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import ClockBehind, ClockWentBack
from runner.model.audit.actor import DAEMON
from runner.model.audit.log import CLOCK
from runner.model.run.life import Run
from runner.model.values.clock import far_behind, latest

if TYPE_CHECKING:
    from runner.ports.basics import Clock

    # A list of stacks needs none of what a worker or an engine is.
    from runner.ports.control import ControlPorts
    from runner.ports.records.audit import AuditReader


def steady_now(reader: "AuditReader", clock: "Clock", run: str) -> datetime:
    """The time for the age of a run's plan and approvals: it does not go back with the clock."""
    return latest(clock.now(), reader.newest_time(run))


def refuse_other_time(reader: "AuditReader", clock: "Clock", run: Run) -> None:
    """ClockWentBack if the clock is far behind what it was while this plan waited: its age is unknown."""
    now, newest = clock.now(), reader.newest_time(run.name)
    if newest is not None and far_behind(now, newest):
        raise ClockWentBack(
            run=run.name, stack=run.stack, now=f"{now:%F %H:%M} UTC", newest=f"{newest:%F %H:%M} UTC"
        )


def check_clock(control: "ControlPorts", *, accept: bool) -> None:
    """ClockBehind, unless a person accepts it: then later times on record no longer count as seen."""
    now = control.clock.now()
    with control.store.reading() as reader:
        newest = reader.newest_time()
    if newest is None or not far_behind(now, newest):
        return
    if not accept:
        raise ClockBehind(now=f"{now:%Y-%m-%d %H:%M:%S} UTC", newest=f"{newest:%Y-%m-%d %H:%M:%S} UTC")
    with control.store.writing() as writer:
        writer.audit_note(DAEMON, "clock.accepted", CLOCK, {"newest_seen": newest.isoformat()})
