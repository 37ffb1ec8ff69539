"""The list of runs, apart from what else can be asked of them: a look at it is the command that people run most."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.run.life import Kind, State
from runner.ports.records.runs import RunFilter
from runner.view.run import RunRows, run_rows

MOST = 100_000


@operation("GET", "/runs", Role.VIEWER)
def list_runs(
    caller: Caller,
    *,
    state: tuple[State, ...] = (),
    stack: str | None = None,
    kind: Kind | None = None,
    before: int | None = None,
    limit: int = 50,
) -> RunRows:
    """Runs, newest first; with `before` only those that began before the run of this number."""
    where = RunFilter(
        stack=stack, states=frozenset(state) or None, kind=kind, below=before, limit=min(limit, MOST)
    )
    with caller.reading() as reader:
        if stack is not None:
            reader.stack(stack)
        return run_rows(reader.runs(where))
