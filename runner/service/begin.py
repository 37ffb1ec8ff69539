"""What a process does before it works on the data: trust neither the clock nor the database because they are there."""

from runner.model.restored import detail, sentence
from runner.ports import ControlPorts
from runner.service.check_clock import check_clock
from runner.service.checkpoint import checkpoint
from runner.service.restored import put_right_restored


def begin(control: ControlPorts, *, accept_clock: bool = False) -> str | None:
    """Before anything else writes. What a person should know, where an older database was put in place.

    ClockBehind, CheckpointFailed and DatabaseRolledBack end the start.
    """
    check_clock(control, accept=accept_clock)
    found = put_right_restored(control)
    checkpoint(control)
    return sentence(detail(found)) if found is not None else None
