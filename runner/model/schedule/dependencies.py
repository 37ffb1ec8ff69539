"""Which dependencies hold a stack back."""

from collections.abc import Sequence

from runner.model.stack.definition import Stack, Sync


def waits_for(
    stack: Stack,
    others: dict[str, Stack],
    busy: frozenset[str],
    former: Sequence[str] = (),
    changing: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The dependencies that hold the stack back: not applied at their newest inputs, or with an open change.

    A former dependency still counts until a run without it was applied, unless it left Git, or now depends on
    this stack. A stack that only follows an output waits for stacks that are `changing`, by an apply.
    """
    own = stack.definition.dependencies
    if stack.only_outputs_moved:
        # An output is as it is, whatever else is about to happen to its stack, unless that is taking place right now.
        return tuple(
            name for name in own if name in changing or (name in others and others[name].moved_outputs)
        )
    old = (name for name in former if name not in own and _still_there(name, stack.name, others))
    return tuple(
        name
        for name in (*own, *old)
        if name not in others or others[name].sync is not Sync.SYNCED or name in busy
    )


def _still_there(name: str, stack: str, others: dict[str, Stack]) -> bool:
    if name == stack or name not in others or others[name].missing_since is not None:
        return False
    seen, waiting = {name}, [name]
    while waiting:
        one = others.get(waiting.pop())
        more = set(one.definition.dependencies) - seen if one is not None else set()
        seen |= more
        waiting += more
    return stack not in seen
