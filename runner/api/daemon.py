"""Whether a daemon is there to do the work: the first question of each command that has work for it."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.datadir.daemon_lock import running_daemon
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class DaemonRow:
    """`pid` is None while none is running."""

    pid: int | None
    data_dir: str


@operation("GET", "/daemon", Role.VIEWER)
def show_daemon(caller: Caller) -> DaemonRow:
    """Whether the daemon is running."""
    data_dir = caller.app.settings.data_dir
    return DaemonRow(running_daemon(data_dir), str(data_dir))
