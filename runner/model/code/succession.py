"""Which stack is a renamed one, so that its managed state moves with it and nothing is created twice.

A stack without a backend keeps its state under its name. A rename in Git is declared in the stack file
(`renamed_from`), or by the operator; if it only looks like one, the new stack waits for an answer.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from runner.model.code.complaint import Complaint
from runner.model.code.located import Located
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Present:
    """One revision's declarations, and what is known so far. `broken` are named in it, and not sound."""

    stacks: Sequence[Located]
    source: str
    known: Mapping[str, Stack]
    broken: Collection[str | None] = ()
    answers: Mapping[str, str] = field(default_factory=dict)  # by the operator: new to old

    def has(self, stack: Stack) -> bool:
        """Whether it is still in Git."""
        if stack.source != self.source:
            return stack.missing_since is None
        return stack.name in self.broken or any(one.definition.name == stack.name for one in self.stacks)

    def settled(self, name: str) -> bool:
        """Whether it already has its own state."""
        own = self.known.get(name)
        return own is not None and own.pinned_identity is not None


def successions(present: Present) -> tuple[dict[str, Stack], list[Complaint]]:
    """Which stack each renamed one replaces, by its name; and what is wrong with the other claims."""
    said = [(stack, old) for stack in present.stacks if (old := _predecessor(present, stack)) is not None]
    times = Counter(old.name for _, old in said)
    takes: dict[str, Stack] = {}
    complaints: list[Complaint] = []
    for stack, old in said:
        flaw = _flaw(present, stack.definition.name, old, times[old.name])
        if flaw is None:
            takes[stack.definition.name] = old
        else:
            complaints.append(Complaint(stack, flaw))
    return takes, complaints


def _predecessor(present: Present, stack: Located) -> Stack | None:
    """None if it names none, or the rename is long done, or the stack is unknown, as in a new installation."""
    name = stack.definition.name
    old = present.known.get(present.answers.get(name) or stack.definition.renamed_from or "")
    if old is None or old.renamed_to == name or present.settled(name):
        return None
    return old


def _flaw(present: Present, name: str, old: Stack, times: int) -> str | None:
    if times > 1:
        return f'several stacks claim to be renamed from "{old.name}"; only one can take over its state'
    if old.renamed_to is not None:
        return f'renamed_from: "{old.name}" was already renamed to "{old.renamed_to}"'
    if present.has(old):
        return f'renamed_from: stack "{old.name}" is still in Git ({old.source}: {old.file})'
    if old.source != present.source and name not in present.answers:
        return (
            f'renamed_from: stack "{old.name}" belonged to source {old.source}, and a commit in another source cannot take '
            f"over its state; the operator can: driftline stack rename {old.name} {name}"
        )
    return None


def homes(present: Present, takes: Mapping[str, Stack]) -> dict[str, str]:
    """The name under which each stack keeps its managed state; empty for its own."""
    owners = {stack.folder: stack.name for stack in present.known.values() if stack.renamed_to is None}
    found: dict[str, str] = {}
    for stack in present.stacks:
        name = stack.definition.name
        own = present.known.get(name)
        if name in takes:
            found[name] = takes[name].folder
        elif own is not None and own.renamed_to is None:
            found[name] = own.folder
        else:
            found[name] = _free(name, owners)
    return {name: "" if home == name else home for name, home in found.items()}


def _free(name: str, owners: Mapping[str, str]) -> str:
    """No stack name may contain @, so this cannot collide."""
    more = (f"{name}@{number}" for number in range(2, len(owners) + 3))
    return next(home for home in (name, *more) if owners.get(home, name) == name)


def lookalikes(
    present: Present,
    newcomers: Iterable[Located],
    taken: Iterable[Stack],
    content: Callable[[Located], str],
) -> Iterator[Complaint]:
    """Which `newcomers`, with managed states, may be stacks that just left Git: creating them again would be wrong."""
    gone = _gone(present, {stack.name for stack in taken})
    files = Counter(stack.file for stack in present.stacks)
    if not gone:
        return
    for stack in newcomers:
        if present.settled(stack.definition.name):
            continue
        alone = files[stack.file] == 1
        old = next((o for o in gone if _alike(o, stack, present.source, content, alone=alone)), None)
        if old is not None:
            yield Complaint(stack, question(old.name, stack.definition.name))


def _gone(present: Present, taken: Collection[str]) -> list[Stack]:
    """Applied stacks with a managed state that left Git, about which nothing was decided yet."""
    return [
        stack
        for stack in present.known.values()
        if stack.managed_state
        and stack.pinned_identity is not None
        and stack.left is None
        and stack.name not in taken
        and not present.has(stack)
    ]


def _alike(
    old: Stack, stack: Located, source: str, content: Callable[[Located], str], *, alone: bool
) -> bool:
    """The same root module, a file with no other stack, or the same code wherever it lies."""
    here = old.source == source
    if here and (old.module_path == stack.module_path or (alone and old.file == stack.file)):
        return True
    return bool(old.content) and old.content == content(stack)


def alike(left: Iterable[Stack], known: Iterable[Stack]) -> Iterator[tuple[Stack, Stack]]:
    """The stacks in Git without a state that have the same code as one that `left`, each with that one."""
    by_content = {stack.content: stack for stack in left if stack.content}
    for stack in known:
        old = by_content.get(stack.content)
        fresh = stack.managed_state and stack.pinned_identity is None and stack.missing_since is None
        if fresh and old is not None:
            yield stack, old


def question(old: str, new: str) -> str:
    return (
        f'it looks like stack "{old}", which is gone from Git but still has a state. If it was renamed, add '
        f'"renamed_from: {old}" to its stack file, or run: driftline stack rename {old} {new}   '
        f"If not, stop managing {old}: driftline stack forget {old}   "
        f"or destroy its resources: driftline plan {old} --destroy"
    )
