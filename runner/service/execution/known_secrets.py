"""Sensitive values of plans are stored encrypted, so that the output of later commands can be masked.

terraform masks nothing in provider output, and a provider repeats its input in errors. Each run passes on
what earlier runs knew: once secret, a value stays secret for the stack.
"""

import json
import secrets
from collections.abc import Iterable

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound
from runner.model.execution.job import Job
from runner.ports.worker import WorkerPorts

ARTIFACT = "plan.secrets"
# Runs that ended before planning store nothing, so the search goes further back.
MAX_EARLIER = 25
# Characters: a plan with only sensitive values would be stored whole with each run.
_MAX_SIZE = 8 << 20
# An artifact is named by the digest of its content, from which a short secret could be guessed.
_SALT = 16


def remember(
    job: Job,
    ports: WorkerPorts,
    before: frozenset[str],
    texts: frozenset[str],
    context_secrets: frozenset[str] = frozenset(),
) -> None:
    """Store these with the earlier ones, as an artifact of the run."""
    given = context_secrets | known_of_contexts(job, ports)
    if before | texts | given:
        kept = {
            "salt": secrets.token_hex(_SALT),
            "texts": _shortest([*texts, *(before - texts)]),
            "contexts": _shortest(given),
        }
        ports.artifacts.put(job.run, ARTIFACT, json.dumps(kept).encode())


def known(job: Job, ports: WorkerPorts) -> frozenset[str]:
    """The secrets stored by this and earlier runs. Masking less must not stop a run from being planned."""
    return _known(job, ports, "texts") | known_of_contexts(job, ports)


def known_of_contexts(job: Job, ports: WorkerPorts) -> frozenset[str]:
    """Those that contexts gave: they are masked also where the code may show its own values."""
    return _known(job, ports, "contexts")


def _known(job: Job, ports: WorkerPorts, which: str) -> frozenset[str]:
    found = _kept(job.run, ports, which) or frozenset()
    for run in job.earlier:
        if (texts := _kept(run, ports, which)) is not None:
            return found | texts
    return found


def _kept(run: int, ports: WorkerPorts, which: str) -> frozenset[str] | None:
    try:
        kept = json.loads(ports.artifacts.get(run, ARTIFACT))
    except (ArtifactNotFound, ArtifactKeyMissing, ArtifactDamaged):
        return None
    # Earlier releases stored a bare list, without passing on earlier secrets.
    if not isinstance(kept, dict):
        kept = {"texts": kept}
    return frozenset(kept.get(which, ()))


def _shortest(texts: Iterable[str]) -> list[str]:
    """As many as fit: passwords and keys are short, and those of this plan come first."""
    found, room = [], _MAX_SIZE
    for text in sorted(texts, key=len):
        room -= len(text)
        if room < 0:
            break
        found.append(text)
    return sorted(found)
