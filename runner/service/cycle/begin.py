"""The checks before a process works on the data: neither the clock nor the database is trusted blindly."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.ports.control import ControlPorts


def must_begin(control: "ControlPorts") -> bool:
    """Whether a command has to `begin` before it writes, because the database is older than its checkpoints:
    one row shows it.

    Writing into an older database makes it look like another one, and an answer may concern what was answered
    since.
    """
    newest = control.checkpoints.newest()
    with control.store.reading() as reader:
        return newest is not None and reader.audit_hash(newest.seq) != newest.head


def begin(control: "ControlPorts", *, accept_clock: bool = False) -> str | None:
    """Runs before anything else writes. Returns what a person should know if an older database was restored.

    ClockBehind, CheckpointFailed and DatabaseRolledBack abort the start.
    """
    from runner.model.audit.restored import detail, sentence
    from runner.service.cycle.restored import put_right_restored
    from runner.service.integrity.check_clock import check_clock
    from runner.service.integrity.checkpoint import checkpoint

    check_clock(control, accept=accept_clock)
    found = put_right_restored(control)
    checkpoint(control)
    return sentence(detail(found)) if found is not None else None
