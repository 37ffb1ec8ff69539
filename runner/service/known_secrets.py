"""What plans call sensitive is remembered, encrypted, so that the output of later commands can be masked.

terraform masks nothing in what a provider says, and a provider repeats in its errors what it was given.
"""

import json
from collections.abc import Iterable

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound
from runner.model.job import Job
from runner.model.run import State
from runner.ports import WorkerPorts

ARTIFACT = "plan.secrets"
# Runs that had a plan with values of the cloud: what they knew is mostly still there.
TELLING = frozenset({State.APPLIED, State.APPLY_FAILED, State.INTERRUPTED, State.DRIFTED})


def remember(job: Job, ports: WorkerPorts, texts: Iterable[str]) -> None:
    """Keep the sensitive texts of a plan as an artifact of its run."""
    if texts := frozenset(texts):
        ports.artifacts.put(job.run, ARTIFACT, json.dumps(sorted(texts)).encode())


def known(job: Job, ports: WorkerPorts) -> frozenset[str]:
    """What this run and earlier ones remember. Masking less must not keep a run from being planned."""
    texts: set[str] = set()
    for run in {job.run, *job.earlier}:
        try:
            texts.update(json.loads(ports.artifacts.get(run, ARTIFACT)))
        except (ArtifactNotFound, ArtifactKeyMissing, ArtifactDamaged):
            continue
    return frozenset(texts)
