"""What plans call sensitive is remembered, encrypted, so that the output of later commands can be masked.

terraform masks nothing in what a provider says, and a provider repeats in its errors what it was given. Each run hands
on what those before it knew: what was secret once stays secret for the stack.
"""

import json
import secrets
from collections.abc import Iterable

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound
from runner.model.run.job import Job
from runner.ports.worker import WorkerPorts

ARTIFACT = "plan.secrets"
# Runs that ended before they had planned remember nothing, so it is looked for further back.
MAX_EARLIER = 25
# Characters: a plan of which everything is sensitive would be kept whole with each run.
_MAX_SIZE = 8 << 20
# The name of an artifact is the digest of its content, by which a short secret could be guessed.
_SALT = 16


def remember(job: Job, ports: WorkerPorts, before: frozenset[str], texts: frozenset[str]) -> None:
    """Keep these with what was known before, as an artifact of the run."""
    if before | texts:
        kept = {"salt": secrets.token_hex(_SALT), "texts": _shortest([*texts, *(before - texts)])}
        ports.artifacts.put(job.run, ARTIFACT, json.dumps(kept).encode())


def known(job: Job, ports: WorkerPorts) -> frozenset[str]:
    """What this run and earlier ones remember. Masking less must not keep a run from being planned."""
    found = _kept(job.run, ports) or frozenset()
    for run in job.earlier:
        if (texts := _kept(run, ports)) is not None:
            return found | texts
    return found


def _kept(run: int, ports: WorkerPorts) -> frozenset[str] | None:
    try:
        kept = json.loads(ports.artifacts.get(run, ARTIFACT))
    except (ArtifactNotFound, ArtifactKeyMissing, ArtifactDamaged):
        return None
    # As a bare list by releases before, which did not hand on what was known.
    return frozenset(kept["texts"] if isinstance(kept, dict) else kept)


def _shortest(texts: Iterable[str]) -> list[str]:
    """As many as there is room for: passwords and keys are short, and those of this plan come first."""
    found, room = [], _MAX_SIZE
    for text in sorted(texts, key=len):
        room -= len(text)
        if room < 0:
            break
        found.append(text)
    return sorted(found)
