"""What a job needs, where parts of it are at the server: revisions, artifacts, the key, and the gate."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from runner.app import App
from runner.errors import (
    ArtifactDamaged,
    ArtifactKeyMissing,
    ArtifactStoreFailed,
    DriftlineError,
    LeaseOver,
    NoRoom,
    NotFound,
)
from runner.host.files import private_folder
from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.model.work.protocol import AtGate, revisions
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.ports.basics import Clock
from runner.ports.worker import WorkerPorts
from runner.source.mirror import Mirror
from runner.source.packs import take_pack

_ABOUT_THE_ARTIFACT = (ArtifactDamaged, ArtifactKeyMissing, ArtifactStoreFailed, LeaseOver, NotFound)


@dataclass(frozen=True)
class ServedArtifacts:
    """Satisfies `ports.Artifacts`: kept at the server, which encrypts them."""

    client: WorkClient
    run: int
    fence: int

    def put(self, run: int, name: str, content: bytes) -> str:  # noqa: ARG002 - a job writes to its own run only
        with _stored():
            return self.client.put_artifact(self.run, self.fence, name, content)

    def get(self, run: int, name: str) -> bytes:
        with _stored():
            return self.client.artifact(self.run, self.fence, name, of=run)

    def names(self, run: int) -> Sequence[str]:  # noqa: ARG002
        with _stored():
            return self.client.artifact_names(self.run, self.fence)

    def remove(self, run: int, name: str) -> None:  # noqa: ARG002
        with _stored():
            self.client.remove_artifact(self.run, self.fence, name)


@contextmanager
def _stored() -> Iterator[None]:
    """A server that is away, or that refuses this worker's token, says nothing about the artifact or its run."""
    try:
        yield
    except _ABOUT_THE_ARTIFACT:
        raise
    except DriftlineError as error:
        raise ArtifactStoreFailed(store="of the server", problem=error.message) from error


@dataclass(frozen=True)
class ServedKey:
    """Satisfies `ports.Secrets`: the server's, so that its fingerprints can be compared with those of other hosts."""

    key: bytes

    def fingerprint_key(self) -> bytes:
        return self.key


@dataclass(frozen=True)
class ServedGate:
    """Satisfies `ports.ApplyGate`. Waits for a server that is away: nothing starts without its word."""

    client: WorkClient
    ledger: Ledger
    fence: int

    def start(self, job: Job, plan_digest: str, facts: EngineFacts) -> None:
        try:
            self.ledger.at_gate(job.run, self.fence, plan_digest)
        except OSError as error:
            raise NoRoom(problem=f"{self.ledger.folder} cannot be written: {error}") from error
        self.client.gate(job.run, AtGate(self.fence, plan_digest, job.fingerprint, facts))


@dataclass(frozen=True)
class ServedClock:
    """Satisfies `ports.Clock`: the server's, as far as it was known when the run was claimed.

    Plans are dated by one host and judged by another. Their own clocks may differ by minutes.
    """

    own: Clock
    ahead: float

    def now(self) -> datetime:
        return self.own.now() + timedelta(seconds=self.ahead)


def ports_of(app: App, client: WorkClient, entry: Entry) -> WorkerPorts:
    return WorkerPorts(
        git=app.git,
        modules=app.modules,
        engine=app.engine,
        workspaces=app.workspaces,
        artifacts=ServedArtifacts(client, entry.job.run, entry.fence),
        secrets=ServedKey(bytes.fromhex(entry.key)),
        clock=ServedClock(app.clock, entry.ahead),
        judge=app.judge,
    )


def bring_revisions(app: App, client: WorkClient, job: Job, fence: int) -> None:
    """Those that the job names, from the server into this worker's mirror."""
    source = SourceSettings(job.source.name, job.source.url, job.source.branch, max_size=job.source.max_size)
    mirror = Mirror(app.settings.data_dir, source, app.settings.timeouts.git)
    for revision in revisions(job.revision, job.judging):
        if mirror.path.exists() and mirror.has(revision):
            continue
        pack = _fresh(private_folder(app.settings.data_dir / "incoming"), job.run)
        try:
            client.tree(job.run, fence, revision, pack)
            take_pack(mirror, revision, pack)
        finally:
            pack.unlink(missing_ok=True)


def _fresh(folder: Path, run: int) -> Path:
    return folder / f"run-{run}.pack"
