"""The ports of a job on a worker: revisions, artifacts, the key and the gate are at the server."""

from datetime import datetime, timedelta
from pathlib import Path

from runner.app import App
from runner.errors import NoRoom
from runner.host.files import private_folder
from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.model.work.protocol import AtGate, revisions
from runner.pool.artifacts import ServedArtifacts
from runner.pool.client import WorkClient
from runner.pool.ledger import Entry, Ledger
from runner.ports.basics import Clock
from runner.ports.worker import WorkerPorts
from runner.source.mirror import Mirror
from runner.source.packs import is_taken, take_pack


@dataclass(frozen=True)
class ServedKey:
    """Satisfies `ports.Secrets`: the server's, so that its fingerprints can be compared with those of other hosts."""

    key: bytes

    def fingerprint_key(self) -> bytes:
        return self.key


@dataclass(frozen=True)
class ServedGate:
    """Satisfies `ports.ApplyGate`. Waits for a server that is away: nothing starts without its consent."""

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


def ports_of(app: App, artifacts: ServedArtifacts, entry: Entry) -> WorkerPorts:
    return WorkerPorts(
        git=app.git,
        modules=app.modules,
        engine=app.engine,
        workspaces=app.workspaces,
        artifacts=artifacts,
        secrets=ServedKey(bytes.fromhex(entry.key)),
        clock=ServedClock(app.clock, entry.ahead),
        judge=app.judge,
    )


def bring_revisions(app: App, client: WorkClient, job: Job, fence: int) -> None:
    """Those that the job names, from the server into this worker's mirror."""
    source = SourceSettings(job.source.name, job.source.url, job.source.branch, max_size=job.source.max_size)
    mirror = Mirror(app.settings.data_dir, source, app.settings.timeouts.git)
    for revision in revisions(job.revision, job.judging):
        if is_taken(mirror, revision):
            continue
        pack = _fresh(private_folder(app.settings.data_dir / "incoming"), job.run)
        try:
            client.tree(job.run, fence, revision, pack)
            take_pack(mirror, revision, pack)
        finally:
            pack.unlink(missing_ok=True)


def _fresh(folder: Path, run: int) -> Path:
    return folder / f"run-{run}.pack"
