"""No clear text outlives its run: each recovery removes plans and states that a dead process left."""

from collections.abc import Iterable

from runner.errors import RunNotFound
from runner.model.run.life import Run
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunFilter, RunReader


def clear(control: ControlPorts, stacks: Iterable[str] = ()) -> int:
    """Returns how many runs' folders were removed. `stacks` are those whose runs were just found without their process.

    Unfinished writes beside a state are looked for where a run was at work: its own folders go last, so a run
    that was cut short still has them.
    """
    workspaces = control.workspaces
    removed, touched = 0, set(stacks)
    for run_id in workspaces.scratches():
        if (stack := _discarded(control, run_id)) is not None:
            removed += 1
            touched |= {stack} - {""}
    for folder in _folders(control, touched):
        workspaces.clear_stack(folder)
    workspaces.clear_probes()
    workspaces.clear_trials()
    return removed


def _folders(control: ControlPorts, stacks: Iterable[str]) -> set[str]:
    with control.store.reading() as reader:
        known = {stack.name: stack.folder for stack in reader.stacks(left=True)}
    return {known.get(stack, stack) for stack in stacks}


def _discarded(control: ControlPorts, run_id: int) -> str | None:
    """The stack of the run, empty for an unknown run; None if its folders have to stay."""
    # It is held by whoever works there: a worker, a person unlocking a state, or what an apply left running.
    held = control.claims.take(run_id)
    if held is None:
        return None
    try:
        with control.store.reading() as reader:
            run = _known(reader, run_id)
            if run is None and _is_newer(reader, run_id):
                return None
        if run is not None and run.claim is not None:
            return None
        control.workspaces.discard(run_id)
        return "" if run is None else run.stack
    finally:
        held.release()


def _known(reader: RunReader, run_id: int) -> Run | None:
    try:
        return reader.run(run_id)
    except RunNotFound:
        return None


def _is_newer(reader: RunReader, run_id: int) -> bool:
    """Whether it is newer than all others: it belongs to a database that was replaced by an older one, and
    may be applying.
    """
    return run_id > next((run.id for run in reader.runs(RunFilter(limit=1))), 0)
