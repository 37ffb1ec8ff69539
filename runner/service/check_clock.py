"""The clock and the audit log: one that is far behind is not started on, and nothing becomes younger with it."""

from datetime import datetime

from runner.errors import ClockBehind
from runner.model.audit import CLOCK
from runner.model.clock import far_behind, latest
from runner.ports import Clock, ControlPorts, Reader
from runner.service.enqueue import DAEMON


def steady_now(reader: Reader, clock: Clock) -> datetime:
    """The time that an approval's or a plan's age is measured at: it does not go back with the clock."""
    return latest(clock.now(), reader.newest_time())


def check_clock(control: ControlPorts, *, accept: bool) -> None:
    """ClockBehind, unless a person accepts it: then what was recorded as later no longer counts as time seen."""
    now = control.clock.now()
    with control.store.reading() as reader:
        newest = reader.newest_time()
    if newest is None or not far_behind(now, newest):
        return
    if not accept:
        raise ClockBehind(now=f"{now:%Y-%m-%d %H:%M:%S} UTC", newest=f"{newest:%Y-%m-%d %H:%M:%S} UTC")
    with control.store.writing() as writer:
        writer.audit_note(DAEMON, "clock.accepted", CLOCK, {"newest_seen": newest.isoformat()})
