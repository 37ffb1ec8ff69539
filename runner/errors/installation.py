"""The daemon, its configuration, database, clock and disk."""

from runner.errors.base import DriftlineError


class NotDelivered(DriftlineError):
    """an event of the feed could not be delivered"""

    hint_template = "driftline events --dead"


class DiskFull(DriftlineError):
    """{folder} has {free} bytes free and an apply there wants {wanted}: a full disk destroys a local state"""

    hint_template = "make room in {folder}, then   driftline apply {run}"


class NoRoom(DriftlineError):
    """{problem}"""

    hint_template = "make room there, or lower executor.min_free:   driftline config show"


class DaemonUnreachable(DriftlineError):
    """no daemon is running for {data_dir}"""

    exit_code = 69
    hint_template = "driftline daemon"


class DaemonRunning(DriftlineError):
    """another daemon (pid {pid}) runs on {data_dir}"""

    exit_code = 75
    hint_template = "systemctl status driftline"


class BadConfig(DriftlineError):
    """the configuration has problems"""

    exit_code = 78
    hint_template = "driftline config validate"


class BadStackFile(DriftlineError):
    """the stack file has problems"""

    exit_code = 78
    hint_template = "driftline stack validate"


class DatabaseRefused(DriftlineError):
    """the database {path} cannot be used: {problem}"""

    exit_code = 78
    hint_template = "driftline db check"


class RowDamaged(DriftlineError):
    """the database {path} is damaged: {problem}"""

    exit_code = 78
    hint_template = "driftline db check"


class DatabaseRolledBack(DriftlineError):
    """the audit log does not have entry {seq} as {place} has seen it: an older database was put in place, or its log was edited"""

    exit_code = 78
    hint_template = "driftline audit verify   then   systemctl restart driftline, which records what is lost"


class NotConfined(DriftlineError):
    """executor.confine is required, and this machine gives runs no namespaces of their own: {problem}"""

    hint_template = "driftline doctor   and where that has to be accepted, executor.confine: auto"


class ClockBehind(DriftlineError):
    """it is {now} here, and the newest audit entry is of {newest}: the clock is wrong now, or was wrong then"""

    exit_code = 78
    hint_template = "timedatectl status   and where the clock is right now:   driftline daemon --accept-clock"


class CheckpointFailed(DriftlineError):
    """the checkpoints of the audit log in {path} cannot be read or written: {problem}"""

    hint_template = "ls -l {path}; df -h {path}   then   driftline doctor"


class DatabaseUnwritable(DriftlineError):
    """the database {path} cannot be written: {problem}; what was recorded before is safe"""

    hint_template = "df -h {path}   then   driftline doctor"
