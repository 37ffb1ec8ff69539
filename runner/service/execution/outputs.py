"""Outputs between stacks, on the worker's side: those of this stack are kept sealed, those of others become its variables.

The records only learn keyed digests. The values lie in an artifact of the run that read them.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound, DriftlineError, OutputUnknown
from runner.model.execution.job import Job
from runner.model.execution.kept import OUTPUTS
from runner.model.outputs.known import SeenOutputs, StateOutput
from runner.model.plan.fingerprint import seal
from runner.model.settings.context import variable_text
from runner.ports.engine import EngineError, Execution
from runner.ports.worker import WorkerPorts

ARTIFACT = OUTPUTS
# An artifact is named by the digest of its content, from which a short secret could be guessed.
_SALT = 16
_LOST = (ArtifactNotFound, ArtifactKeyMissing, ArtifactDamaged)


def keep_outputs(
    job: Job, ports: WorkerPorts, execution: Execution, lineage: str = "", serial: int | None = None
) -> SeenOutputs | None:
    """The outputs in the stack's state, if other stacks use them and they are not known for this serial."""
    if not job.used or _is_known(job, ports, lineage, serial):
        return None
    try:
        found = ports.engine.outputs(execution)
        if isinstance(found, EngineError):
            return SeenOutputs(found=False)
        kept = {
            "salt": secrets.token_hex(_SALT),
            "values": {name: one.value for name, one in found.items()},
            "sensitive": sorted(name for name, one in found.items() if one.sensitive),
        }
        ports.artifacts.put(job.run, ARTIFACT, json.dumps(kept).encode())
    except (DriftlineError, OSError):
        # What was applied stays applied: whoever needs an output waits for the next check, which reads it.
        return SeenOutputs(found=False)
    return _seen(found, ports.secrets.fingerprint_key(), lineage, serial)


def _seen(found: Mapping[str, StateOutput], key: bytes, lineage: str, serial: int | None) -> SeenOutputs:
    digests = {name: _digest(name, one.value, key) for name, one in found.items()}
    sensitive = tuple(sorted(name for name, one in found.items() if one.sensitive))
    return SeenOutputs(digests, sensitive, lineage, serial)


def _digest(name: str, value: Any, key: bytes) -> str:
    return seal("output", [name, value], key)


def _is_known(job: Job, ports: WorkerPorts, lineage: str, serial: int | None) -> bool:
    known = job.known_outputs
    if known is None or serial is None or (known.lineage, known.serial) != (lineage, serial):
        return False
    try:
        ports.artifacts.get(known.run, ARTIFACT)
    except _LOST:
        return False
    return True


def outputs_given(job: Job, ports: WorkerPorts) -> tuple[dict[str, str], frozenset[str]]:
    """The values of other stacks' outputs by variable, as terraform reads them, and those that are secret.

    OutputUnknown if one is not known, or is not the one that the records know.
    """
    kept = {run: _kept(ports, run) for run in {one.run for one in job.takes}}
    texts: dict[str, str] = {}
    hidden: set[str] = set()
    for one in job.takes:
        values = kept[one.run].get("values", {})
        unknown = one.output not in values
        if unknown or _digest(one.output, values[one.output], ports.secrets.fingerprint_key()) != one.digest:
            raise OutputUnknown(stack=job.stack.name, output=one.output, upstream=one.stack)
        value = values[one.output]
        texts[one.variable] = variable_text(value)
        if one.output in kept[one.run]["sensitive"]:
            hidden |= {texts[one.variable], *_texts_in(value)}
    return texts, frozenset(hidden)


def _kept(ports: WorkerPorts, run: int) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(ports.artifacts.get(run, ARTIFACT))
    except _LOST:
        return {}
    return found


def _texts_in(value: Any) -> Iterator[str]:
    """Every value in it, as text."""
    match value:
        case dict():
            for one in value.values():
                yield from _texts_in(one)
        case list():
            for one in value:
                yield from _texts_in(one)
        case bool() | None:
            return
        case _:
            yield str(value)
