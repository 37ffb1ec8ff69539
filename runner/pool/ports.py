"""What a job needs, where parts of it are at the server: revisions, artifacts, the key, and the gate."""

from collections.abc import Sequence
from pathlib import Path

from runner.app import App
from runner.host.files import private_folder
from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.model.work.protocol import AtGate, revisions
from runner.pool.client import WorkClient
from runner.pool.ledger import Ledger
from runner.ports.worker import WorkerPorts
from runner.source.mirror import Mirror
from runner.source.packs import take_pack


@dataclass(frozen=True)
class ServedArtifacts:
    """Satisfies `ports.Artifacts`: kept at the server, which encrypts them."""

    client: WorkClient
    run: int
    fence: int

    def put(self, run: int, name: str, content: bytes) -> str:  # noqa: ARG002 - a job writes to its own run only
        return self.client.put_artifact(self.run, self.fence, name, content)

    def get(self, run: int, name: str) -> bytes:
        return self.client.artifact(self.run, self.fence, name, of=run)

    def names(self, run: int) -> Sequence[str]:  # noqa: ARG002
        return self.client.artifact_names(self.run, self.fence)

    def remove(self, run: int, name: str) -> None:  # noqa: ARG002
        self.client.remove_artifact(self.run, self.fence, name)


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
        self.ledger.at_gate(job.run, plan_digest)
        self.client.gate(job.run, AtGate(self.fence, plan_digest, job.fingerprint, facts))


def ports_of(app: App, client: WorkClient, job: Job, fence: int, key: str) -> WorkerPorts:
    return WorkerPorts(
        git=app.git,
        modules=app.modules,
        engine=app.engine,
        workspaces=app.workspaces,
        artifacts=ServedArtifacts(client, job.run, fence),
        secrets=ServedKey(bytes.fromhex(key)),
        clock=app.clock,
        judge=app.judge,
    )


def bring_revisions(app: App, client: WorkClient, job: Job, fence: int) -> None:
    """Those that the job names, from the server into this worker's mirror."""
    source = SourceSettings(job.source.name, job.source.url, job.source.branch, max_size=job.source.max_size)
    mirror = Mirror(app.settings.data_dir, source, app.settings.timeouts.git)
    for revision in revisions(job):
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
