"""What is wrong with a stage: lost, done twice, recorded otherwise than it was, or left lying about."""

import re
from collections.abc import Iterator
from pathlib import Path

from crashes.ground import Handed
from stage import STACK, Stage

from runner.model.audit.verdict import judge, wanted
from runner.model.run.life import HALF_CHANGED, State

_UNFINISHED = re.compile(r"\..+\.([0-9a-f]{12}|[0-9]+(\.unfinished)?)|.+\.json\.[0-9]+|\.making-.*|.*\.new")
_OTHERS = ("repository", "data/mirrors/infra.git", "data/workspaces/*/data")


def resting(stage: Stage) -> bool:
    """Nothing is left to do, and nobody has to say anything."""
    with stage.app.store.reading() as reader:
        known = [stack for stack in reader.stacks() if stack.name == STACK]
        return bool(
            known
            and known[0].applied_inputs == known[0].inputs
            and known[0].revision == stage._git("rev-parse", "HEAD")
            and not reader.open_runs()
            and not reader.placed_locks()
        )


def wrong(stage: Stage) -> list[str]:
    """Of a stage on which nothing is going on; empty where all is as it should be."""
    return [*stage.app.store.problems(), *_log(stage), *_runs(stage), *_steps(stage), *_left(stage)]


def false(stage: Stage) -> Iterator[str]:
    """States that are not what happened; also while something is still unclear."""
    handed = stage.handed_over
    for (number, digest), count in handed.items():
        if count > 1:
            yield f"plan {digest[:12]} of run-{number} was handed to terraform {count} times"
    for run in stage.history():
        got = run.executed_digest is not None and Handed(run.id, run.executed_digest) in handed
        if run.state is State.APPLIED and not got:
            yield f"{run.name} is applied, and terraform never got its plan"
        if run.state is State.APPLY_FAILED and got and "resolved" not in run.reason:
            yield f"{run.name} is {run.state}, and terraform applied it: {run.reason}"


def _log(stage: Stage) -> Iterator[str]:
    chain = stage.app.checkpoints.read()
    walk = stage.app.store.walk_audit(wanted(chain, None))
    for flaw in judge(walk, chain, None, place="here", was_used=True).flaws:
        yield flaw.sentence


def _runs(stage: Stage) -> Iterator[str]:
    yield from false(stage)
    with stage.app.store.reading() as reader:
        yield from (f"{run.name} is lost, {run.state}: {run.reason}" for run in reader.open_runs())
        yield from (f"{lock.stack} stays locked: {lock.reason}" for lock in reader.placed_locks())
    for run in stage.history():
        if run.state in HALF_CHANGED and not run.reason:
            yield f"{run.name} is {run.state} for no reason"
    if not resting(stage):
        yield f"{STACK} is not at its last commit"


def _steps(stage: Stage) -> Iterator[str]:
    for step in range(stage.steps):
        count = stage.made_steps[f"{STACK} {step}"]
        if count != 1:
            yield f"step {step} was made {count} times"


def _left(stage: Stage) -> Iterator[str]:
    data = stage.root / "data"
    yield from (f"{path.name} is left of a claim" for path in (data / "claims").glob("*"))
    for path in data.rglob("*"):
        if _UNFINISHED.fullmatch(path.name) and not _is_others(stage.root, path):
            yield f"{path.relative_to(stage.root)} was never finished"


def _is_others(root: Path, path: Path) -> bool:
    return any(place in path.parents for pattern in _OTHERS for place in root.glob(pattern))
