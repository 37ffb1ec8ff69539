"""What is on record of all stacks: it holds until somebody writes, while what follows from it depends on the time too."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runner.model.run.life import Run, State
from runner.model.schedule.dependencies import waits_for
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass
from runner.service.queue.outputs import Outputs, all_outputs

if TYPE_CHECKING:
    from runner.ports.records.store import Reader

_CHANGING = frozenset({State.APPROVED, State.APPLYING})


@dataclass(frozen=True)
class StackRecords:
    """By stack, but for `problems`, which are those of sources. `of_outputs` are fields of its view, for the few
    stacks that use outputs, or have some that are used.
    """

    stacks: Mapping[str, Stack]
    last_changes: Mapping[str, Run]
    open_runs: Mapping[str, tuple[Run, ...]]
    locks: Mapping[str, Lock]
    problems: Mapping[str, str | None]
    waits_for: Mapping[str, tuple[str, ...]]
    of_outputs: Mapping[str, Mapping[str, Any]]


def stack_records(reader: "Reader", *, left: bool = False) -> StackRecords:
    """By a handful of queries for any number of stacks; with `left` as `Reader.stacks`."""
    known = reader.stacks(left=left)
    open_runs: dict[str, tuple[Run, ...]] = {}
    for run in reader.open_runs():
        open_runs[run.stack] = (*open_runs.get(run.stack, ()), run)
    outputs = all_outputs(reader, known)
    stacks = {
        stack.name: outputs.seen_by(stack, idle=stack.name not in open_runs)
        if stack.name in outputs.uses
        else stack
        for stack in known
    }
    busy = frozenset(name for name, runs in open_runs.items() if any(not r.kind.only_reads for r in runs))
    changing = frozenset(
        name for name, runs in open_runs.items() if any(r.claim and r.state in _CHANGING for r in runs)
    )
    former = reader.former_dependencies()
    return StackRecords(
        stacks=stacks,
        last_changes=reader.last_runs(change_only=True),
        open_runs=open_runs,
        locks={lock.stack: lock for lock in reader.placed_locks()},
        problems={status.name: status.problem for status in reader.sources()},
        waits_for={
            name: waits_for(stack, stacks, busy, former.get(name, ()), changing)
            for name, stack in stacks.items()
        },
        of_outputs=dict(_of_outputs(stacks, outputs)),
    )


def _of_outputs(stacks: Mapping[str, Stack], outputs: Outputs) -> Iterator[tuple[str, Mapping[str, Any]]]:
    used_by = outputs.used_by()
    for name, stack in stacks.items():
        found: dict[str, Any] = {}
        if stack.outputs:
            found["unread"], found["absent"] = outputs.missing(stack)
        if name in used_by:
            found["used_by"], found["outputs_read"] = used_by[name], name in outputs.known
        if found:
            yield name, found
