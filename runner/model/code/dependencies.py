"""Dependencies between stacks: unknown names, and cycles over all sources."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter

from runner.model.code.complaint import Complaint
from runner.model.code.located import Located
from runner.model.settings.source import Allow
from runner.model.stack.definition import Stack


def unmet(stacks: Iterable[Located], names: Collection[str | None]) -> Iterator[Complaint]:
    """A dependency that is only broken counts as known, and is waited for."""
    for stack in stacks:
        unknown = [name for name in stack.definition.dependencies if name not in names]
        if unknown:
            near = get_close_matches(unknown[0], filter(None, names), 1, cutoff=0.8)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            problem = f"depends_on: no such stack: {', '.join(unknown)}{hint}"
            yield Complaint(stack, problem, dependency=unknown[0])


def untaken(stacks: Iterable[Located], foreign: Collection[Stack], allow: Allow) -> Iterator[Complaint]:
    """Outputs of other sources' stacks that the operator does not let this source take: they may be secret."""
    names = {stack.name for stack in foreign}
    for stack in stacks:
        for one in stack.definition.upstreams:
            if one.stack in names and not any(fnmatchcase(one.stack, glob) for glob in allow.outputs):
                problem = f"depends_on: {one.stack} is a stack of another source, and allow.outputs does not let this one take its outputs"
                yield Complaint(stack, problem, dependency=one.stack)


def circular(stacks: Collection[Located], foreign: Iterable[Stack]) -> Iterator[Complaint]:
    """The stacks that depend on themselves, directly or through others, including stacks of other sources."""
    ours = {stack.definition.name: stack for stack in stacks}
    graph = {stack.name: stack.definition.dependencies for stack in foreign}
    graph |= {name: stack.definition.dependencies for name, stack in ours.items()}
    for cycle in cycles(graph):
        problem = f"depends_on: a cycle: {' -> '.join(cycle)}"
        yield from (Complaint(ours[name], problem) for name in cycle[1:] if name in ours)


def never_applied(depends_on: Iterable[str], known: Mapping[str, Stack]) -> tuple[str, ...]:
    """Dependencies that were never applied, so their outputs do not exist."""
    return tuple(name for name in depends_on if name not in known or known[name].applied_revision is None)


def cycles(depends_on: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Each cycle as the names along it, with the first repeated at the end; no stack is in two of them."""
    graph = {name: set(needed) for name, needed in depends_on.items() if needed}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield tuple(reversed(cycle))  # graphlib follows the arrows backwards
            for name in cycle:
                graph.pop(name, None)
        else:
            return
