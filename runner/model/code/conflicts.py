"""Conflicts between stacks over a name or a state. The earlier one keeps it, so a newcomer takes over nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from runner.model.code.complaint import Complaint
from runner.model.code.located import Located
from runner.model.stack.definition import Stack, StateIdentity


def taken_names(stacks: Iterable[Located], known: Iterable[Stack], source: str) -> Iterator[Complaint]:
    """Of several stacks with one name, the one already known in its file stays, otherwise the first by file."""
    present = [stack for stack in known if stack.missing_since is None]
    elsewhere = {stack.name: stack.source for stack in present if stack.source != source}
    homes = {stack.name: stack.file for stack in present if stack.source == source}
    by_name: dict[str, list[Located]] = defaultdict(list)
    for stack in stacks:
        by_name[stack.definition.name].append(stack)
    for name, same in by_name.items():
        if name in elsewhere:
            yield from (
                Complaint(stack, f"source {elsewhere[name]} already uses this name") for stack in same
            )
            continue
        keeper = next((stack for stack in same if stack.file == homes.get(name)), same[0])
        yield from (Complaint(s, f"{keeper.file} already uses this name") for s in same if s is not keeper)


def moved_states(
    stacks: Iterable[Located], identities: Mapping[str, StateIdentity], known: Iterable[Stack]
) -> Iterator[Complaint]:
    """Once something was applied, only a person may move the state: in a new place, everything would be created again."""
    pinned = {stack.name: stack for stack in known if stack.pinned_identity is not None}
    for stack in stacks:
        name = stack.definition.name
        old = pinned.get(name)
        if old is not None and identities[name].digest != old.pinned_identity:
            yield Complaint(stack, moved_state(old, identities[name]))


def moved_state(old: Stack, identity: StateIdentity) -> str:
    return (
        f"its state is in {old.identity}, but this revision would store it in {identity}; undo that, "
        f'or move the state there and confirm it: driftline stack accept-state {old.name} -m "..."'
    )


def shared_states(
    stacks: Collection[Located],
    identities: Mapping[str, StateIdentity],
    known: Iterable[Stack],
    source: str,
    broken: Collection[str | None],
) -> Iterator[Complaint]:
    """Of several stacks with one state, the one that already has it stays, otherwise the first by name.

    A stack that is only `broken` at the moment keeps its state; one that left Git does not.
    """
    owners: dict[StateIdentity, str] = {}
    for old in known:
        here = old.source != source or identities.get(old.name) == old.identity or old.name in broken
        if old.missing_since is None and here:
            owners.setdefault(old.identity, old.name)
    for stack in sorted(stacks, key=lambda one: one.definition.name):
        name = stack.definition.name
        identity = identities[name]
        owner = owners.setdefault(identity, name)
        if owner != name:
            yield Complaint(stack, f'it uses the same state as stack "{owner}" ({identity})')
