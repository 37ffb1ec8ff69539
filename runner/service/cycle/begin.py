"""What a process does before it works on the data: trust neither the clock nor the database because they are there."""

from runner.model.audit.restored import detail, sentence
from runner.ports.control import ControlPorts
from runner.service.cycle.check_clock import check_clock
from runner.service.cycle.checkpoint import checkpoint
from runner.service.cycle.restored import put_right_restored


def must_begin(control: ControlPorts) -> bool:
    """Whether a command has to `begin` before it writes, since the database is not as new as it was seen: one row tells.

    What is written into an older one makes it look like another one, and an answer may be to what was answered since.
    """
    newest = control.checkpoints.newest()
    with control.store.reading() as reader:
        return newest is not None and reader.audit_hash(newest.seq) != newest.head


def begin(control: ControlPorts, *, accept_clock: bool = False) -> str | None:
    """Before anything else writes. What a person should know, where an older database was put in place.

    ClockBehind, CheckpointFailed and DatabaseRolledBack end the start.
    """
    check_clock(control, accept=accept_clock)
    found = put_right_restored(control)
    checkpoint(control)
    return sentence(detail(found)) if found is not None else None
