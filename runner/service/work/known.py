"""Artifacts that come with a claim, so that the worker need not ask for each."""

from collections.abc import Iterator

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound, ArtifactStoreFailed
from runner.model.execution.job import Job, Phase
from runner.model.execution.kept import SECRETS
from runner.model.work.protocol import SMALL, Content, readable
from runner.ports.keeping import Artifacts

# The worker asks for it, and is told why.
_TOLD_LATER = (ArtifactDamaged, ArtifactKeyMissing, ArtifactStoreFailed)


def known_artifacts(artifacts: Artifacts, job: Job) -> tuple[Content, ...]:
    """What the job will read, or that there is none; without what is too large or cannot be read."""
    known: list[Content] = []
    room = SMALL
    for one in _read(artifacts, job):
        content = one.content or b""
        if len(content) <= room:
            room -= len(content)
            known.append(one)
    return tuple(known)


def _read(artifacts: Artifacts, job: Job) -> Iterator[Content]:
    own = ("plan.json", "plan.tfplan", SECRETS) if job.phase is Phase.APPLY else (SECRETS,)
    for name in own:
        yield from _artifact(artifacts, job.run, name)
    # The job reads those of earlier runs only until it finds one, which has what the ones before it had.
    for run in job.earlier:
        found = list(_artifact(artifacts, run, SECRETS))
        yield from found
        if any(one.base64 is not None for one in found):
            break
    for run, name in sorted(readable(job)):
        if name != SECRETS:
            yield from _artifact(artifacts, run, name)


def _artifact(artifacts: Artifacts, run: int, name: str) -> Iterator[Content]:
    try:
        yield Content.of(run, name, artifacts.get(run, name))
    except ArtifactNotFound:
        yield Content.of(run, name, None)
    except _TOLD_LATER:
        return
