"""Artifacts of runs: the files that are kept of them."""

from runner.api.caller import Caller
from runner.api.content import Content
from runner.api.operation import operation
from runner.model.access.role import Role

# Only what is known to be masked: a plan file, and whatever is added later, may hold secrets.
MASKED = frozenset({"plan.json", "fresh.json"})


@operation("GET", "/runs/{run}/artifacts", Role.VIEWER)
def list_artifacts(caller: Caller, run: int) -> tuple[str, ...]:
    """The names of the artifacts of a run."""
    return tuple(caller.app.artifacts.names(run))


@operation("GET", "/runs/{run}/artifacts/{name}", Role.VIEWER)
def read_artifact(caller: Caller, run: int, name: str) -> Content:
    """One artifact of a run. One that may contain secrets needs the role owner."""
    if name not in MASKED:
        with caller.reading() as reader:
            stack = reader.run(run).stack
        caller.require(Role.OWNER, stack, f"read {name} of run-{run}")
    return Content(f"run-{run}-{name}", caller.app.artifacts.get(run, name))
