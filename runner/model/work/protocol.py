"""What a worker and the control plane say to each other, as plain values. Large artifacts and logs travel beside them."""

from base64 import b64decode, b64encode
from datetime import datetime

from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job, Result
from runner.model.execution.kept import OUTPUTS, SECRETS
from runner.model.outputs.taken import Given
from runner.model.policy.material import Judging
from runner.model.values.frozen import dataclass

# Raised when an older side would misunderstand. Fields that only add something have defaults, and are no new version.
VERSION = 1
OLDEST = 1  # that this release still understands

HELLO = "/api/v1/work/hello"  # GET: the same answer, for a host that only asks whether it would be accepted


# Artifacts up to this size, all together, come with the claim and go with the result: each call takes as long as both hosts
# need to notice it, which on busy hosts is much longer than what it does.
SMALL = 256 * 1024


@dataclass(frozen=True)
class Content:
    """An artifact of a run, in base64; None where there is none."""

    run: int
    name: str
    base64: str | None

    @classmethod
    def of(cls, run: int, name: str, content: bytes | None) -> "Content":
        return cls(run, name, None if content is None else b64encode(content).decode())

    @property
    def content(self) -> bytes | None:
        """ValueError if it is no base64."""
        return None if self.base64 is None else b64decode(self.base64, validate=True)


@dataclass(frozen=True)
class LogEnd:
    """The last piece of a log, in base64, and where it belongs."""

    offset: int
    base64: str

    @classmethod
    def of(cls, offset: int, piece: bytes) -> "LogEnd":
        return cls(offset, b64encode(piece).decode())

    @property
    def piece(self) -> bytes:
        """ValueError if it is no base64."""
        return b64decode(self.base64, validate=True)


@dataclass(frozen=True)
class Hello:
    """A worker starts, is still running, or stops."""

    worker: str
    pool: str
    release: str
    slots: int
    stops: bool = False
    version: int = VERSION
    instance: str = ""  # of its host and data directory: the same after a restart


@dataclass(frozen=True)
class Welcome:
    """`beat_seconds` is how often a lease wants to hear from its worker. `pool` is that of the token."""

    version: int
    beat_seconds: float
    oldest: int = OLDEST
    pool: str = ""
    release: str = ""


@dataclass(frozen=True)
class Wanted:
    """A worker asks for the run that a message named. `process` is a random word of the process that asks.

    `server` is the URL by which it reaches the server: terraform finds a served state there.
    """

    attempt: int
    worker: str
    pool: str
    process: str
    server: str = ""
    version: int = VERSION
    instance: str = ""


@dataclass(frozen=True)
class Granted:
    """The job, with the number that fences off every earlier claim on its run.

    `key` makes fingerprints, in hex. With it one can test guesses at masked values, and nothing else. `now` is the time
    of the server, by which plans are dated and judged. `logged` is how much the server has of the run's log, from earlier workers.
    """

    fence: int
    job: Job
    key: str
    beat_seconds: float
    now: datetime | None = None
    logged: int = 0
    known: tuple[Content, ...] = ()  # what the job will read, as far as it is small


@dataclass(frozen=True)
class Beat:
    fence: int


@dataclass(frozen=True)
class Heard:
    cancel: bool = False


@dataclass(frozen=True)
class AtGate:
    """The last question before terraform applies this plan."""

    fence: int
    digest: str
    fingerprint: str | None
    facts: EngineFacts


@dataclass(frozen=True)
class Ended:
    """How it ended, with what was not sent before."""

    fence: int
    result: Result
    artifacts: tuple[Content, ...] = ()
    log: LogEnd | None = None


def readable(job: Job) -> frozenset[tuple[int, str]]:
    """Artifacts of other runs that a worker may read for this job: what must stay masked, and outputs of other stacks."""
    takes: tuple[Given, ...] = job.takes
    outputs = {(one.run, OUTPUTS) for one in takes}
    if job.known_outputs is not None:
        outputs.add((job.known_outputs.run, OUTPUTS))
    return frozenset({(run, SECRETS) for run in job.earlier} | outputs)


def revisions(executed: str, judging: Judging) -> tuple[str, ...]:
    """The revisions of its source that a run needs: the one it executes, and the one it is judged by."""
    return tuple(dict.fromkeys(filter(None, (executed, judging.former))))
