"""Sensitive values of plans are stored encrypted, so that the output of later commands can be masked.

terraform masks nothing in provider output, and a provider repeats its input in errors. Each run passes on
what earlier runs knew: once secret, a value stays secret for the stack.
"""

import json
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound
from runner.model.execution.job import Job
from runner.model.execution.kept import SECRETS
from runner.model.values.frozen import dataclass
from runner.ports.worker import WorkerPorts

if TYPE_CHECKING:
    from runner.ports.keeping import Artifacts

ARTIFACT = SECRETS
# Characters: a plan with only sensitive values would be stored whole with each run.
_MAX_SIZE = 8 << 20
# An artifact is named by the digest of its content, from which a short secret could be guessed.
_SALT = 16


@dataclass(frozen=True)
class Known:
    """`contexts` are those that contexts gave: they are masked also where the code may show its own values."""

    texts: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()


def remember(
    job: Job, ports: WorkerPorts, before: Known, texts: frozenset[str], contexts: frozenset[str]
) -> None:
    """Store these with the earlier ones, as an artifact of the run."""
    given = contexts | before.contexts
    if before.texts | texts | given:
        kept = {
            "salt": secrets.token_hex(_SALT),
            "texts": _shortest([*texts, *(before.texts - texts)]),
            "contexts": _shortest(given),
        }
        ports.artifacts.put(job.run, ARTIFACT, json.dumps(kept).encode())


def known(job: Job, ports: WorkerPorts) -> Known:
    """The secrets stored by this and earlier runs. Masking less must not stop a run from being planned."""
    found, more = _kept(job.run, ports.artifacts) or Known(), newest_known(job.earlier, ports.artifacts)
    return Known(found.texts | more.texts | more.contexts, found.contexts | more.contexts)


def newest_known(runs: Iterable[int], artifacts: "Artifacts") -> Known:
    """What the first of these runs that stored any passes on: with its own secrets, those of all before it."""
    return next((kept for run in runs if (kept := _kept(run, artifacts)) is not None), Known())


def _kept(run: int, artifacts: "Artifacts") -> Known | None:
    """Those of contexts are among the texts as well."""
    try:
        kept = json.loads(artifacts.get(run, ARTIFACT))
    except (ArtifactNotFound, ArtifactKeyMissing, ArtifactDamaged):
        return None
    # Earlier releases stored a bare list, without passing on earlier secrets.
    texts, contexts = (kept["texts"], kept.get("contexts", ())) if isinstance(kept, dict) else (kept, ())
    return Known(frozenset([*texts, *contexts]), frozenset(contexts))


def _shortest(texts: Iterable[str]) -> list[str]:
    """As many as fit: passwords and keys are short, and those of this plan come first."""
    found, room = [], _MAX_SIZE
    for text in sorted(texts, key=len):
        room -= len(text)
        if room < 0:
            break
        found.append(text)
    return sorted(found)
