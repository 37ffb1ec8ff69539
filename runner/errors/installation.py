"""The daemon, its configuration, database, clock and disk."""

from runner.errors.base import DriftlineError


class NotDelivered(DriftlineError):
    """an event of the feed could not be delivered"""

    hint_template = "driftline doctor"


class DataDirRefused(DriftlineError):
    """data_dir {data_dir} cannot be made: {problem}"""

    exit_code = 78
    hint_template = (
        "make it for the user who runs Driftline, or set another data_dir:   driftline config validate"
    )


class DiskFull(DriftlineError):
    """{folder} has {free} bytes free; an apply needs {wanted}, because a full disk can destroy a local state"""

    hint_template = "free some space in {folder}; then   driftline apply {run}"


class NoRoom(DriftlineError):
    """{problem}"""

    hint_template = "free some space there, or lower executor.min_free:   driftline config show"


class DaemonUnreachable(DriftlineError):
    """no daemon is running for {data_dir}"""

    exit_code = 69
    hint_template = "on its host:   driftline daemon   or, for one pass,   driftline daemon --once"


class DaemonOverloaded(DriftlineError):
    """the daemon still works on {number} requests and takes no more"""

    exit_code = 69
    hint_template = "try again in a minute"


class RequestPending(DriftlineError):
    """the daemon has not answered yet; request {request} is still open"""

    exit_code = 7
    hint_template = "its answer is at /api/v1/requests/{request}"


class RequestLost(DriftlineError):
    """the daemon ended while it worked on request {request}, so it is not known whether this was done"""

    hint_template = "driftline status   and, if it was not done, do it again"


class RequestWithdrawn(DriftlineError):
    """request {request} was withdrawn before the daemon took it, because nobody was waiting for it"""

    exit_code = 69
    hint_template = "ask again"


class RequestExpired(DriftlineError):
    """no daemon took request {request} within {minutes} minutes, so it was not done"""

    exit_code = 69
    hint_template = "driftline daemon"


class DaemonRunning(DriftlineError):
    """another daemon (pid {pid}) is running on {data_dir}"""

    exit_code = 75
    hint_template = "systemctl status driftline"


class WebRunning(DriftlineError):
    """another web server (pid {pid}) is running on {data_dir}"""

    exit_code = 75
    hint_template = "ps -o pid,ppid,args -p {pid}   and, if it has to go:   kill {pid}"


class AddressInUse(DriftlineError):
    """{address} is in use by {process}"""

    hint_template = (
        "ss -ltnp   then stop it, or choose another address:   driftline web --listen 127.0.0.1:PORT"
    )


class ExtraMissing(DriftlineError):
    """{what} needs packages that are not installed: {module}"""

    hint_template = "pip install 'driftline[{extra}]'"


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
    """entry {seq} of the audit log does not match {place}: the database was replaced by an older one, or its log was edited"""

    exit_code = 78
    hint_template = "driftline audit verify   then   systemctl restart driftline, which records the loss"


class NotConfined(DriftlineError):
    """executor.confine is required, but runs cannot have namespaces of their own on this machine: {problem}"""

    hint_template = "driftline doctor   or, to accept weaker isolation, set executor.confine: auto"


class ClockBehind(DriftlineError):
    """it is {now} now, but the newest audit entry is from {newest}: the clock is wrong now, or was wrong then"""

    exit_code = 78
    hint_template = "timedatectl status   and, if the clock is right now:   driftline daemon --accept-clock"


class CheckpointFailed(DriftlineError):
    """the checkpoints of the audit log in {path} cannot be read or written: {problem}"""

    hint_template = "ls -l {path}; df -h {path}   then   driftline doctor"


class DatabaseUnwritable(DriftlineError):
    """the database {path} cannot be written: {problem}; earlier records are safe"""

    hint_template = "df -h {path}   then   driftline doctor"
