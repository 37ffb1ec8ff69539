"""Workers of pools: what the server does not grant them, and what keeps them from working."""

from runner.errors.base import BadUsage, Blocked, Conflict, DriftlineError, NotFound


class ClaimRefused(Conflict):
    """{run} is not for {worker} now: {why}"""

    hint_template = "driftline run show {run}"


class BelongsToPool(Blocked):
    """stack "{stack}" executes {where}; {what} would execute on the host of the daemon, with its credentials"""


class LeaseOver(Conflict):
    """lease {fence} on {run} is over: {why}"""

    hint_template = "driftline run show {run}"


class LedgerLost(DriftlineError):
    """{path} is gone, so nothing on this host would know of the apply of {run}"""

    hint_template = "driftline doctor"


class LeasedToAnother(DriftlineError):
    """lease {fence} on {run} belongs to pool {theirs}, and the token to pool {pool}"""

    exit_code = 6
    hint_template = "on the server, give the worker a token of pool {theirs} until it has reported"


class NotAResult(Conflict):
    """{run} cannot end with that: {why}"""

    hint_template = "driftline run show {run}"


class WorkerNameTaken(Conflict):
    """a worker of pool {pool} is already named {worker}"""

    hint_template = "give one of them another worker.name"


class WorkerNamedTwice(Conflict):
    """another worker is named {worker}; it was heard {ago} s ago"""

    hint_template = "give one of them another worker.name; if the other one is gone for good, wait until it is silent for {silence} s"


class WorkerRunning(Conflict):
    """a driftline worker is running for {data_dir}, with pid {pid}"""

    hint_template = "give each worker a data_dir of its own"


class TooManyWorkers(Conflict):
    """pool {pool} already has {most} workers, the most that a pool may have"""

    hint_template = "driftline worker list"


class LogAhead(Conflict):
    """the log of {run} has {size} bytes here, so nothing can be appended at {offset}"""


class PoolRefused(DriftlineError):
    """token {token} belongs to no pool"""

    exit_code = 6
    hint_template = "on the server, add its name to tokens of a pool in the configuration"


class PoolUnknown(NotFound):
    """no pool "{pool}" is configured"""

    hint_template = "driftline pool list"


class WorkerUnknown(NotFound):
    """no worker "{worker}" is known"""

    hint_template = "driftline worker list"


class WorkerBusy(Conflict):
    """{worker} was heard from {ago} ago, so it may still be applying {runs}"""

    hint_template = "stop it, then   driftline worker forget {worker}"


class OtherProtocol(DriftlineError):
    """the worker speaks version {theirs} of the work protocol, and this server {ours}"""

    exit_code = 78
    hint_template = "install the same release of driftline on both: the server is {release}"


class OtherPool(DriftlineError):
    """the token of this worker belongs to pool {theirs}, but worker.pool is {pool}"""

    exit_code = 78
    hint_template = "set worker.pool to {theirs}, or use a token of {pool}"


class NotAWorker(BadUsage):
    """the configuration {path} has no section worker"""

    hint_template = "docs/scaling.md shows one"


class BrokerUnreachable(DriftlineError):
    """the broker cannot be reached: {problem}"""

    exit_code = 69
    hint_template = "check broker in the configuration, and that it runs"
