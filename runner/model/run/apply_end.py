"""Whether an apply that exited with code 0 did what was planned: its own report and the state have to agree."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field

from runner.model.changes.changes import MASK, Action, ChangeSet, ResourceChange
from runner.model.values.frozen import dataclass

Operation = tuple[str, str]  # address and action, as the engine reports it
_NAMED = 3


@dataclass(frozen=True)
class Expected:
    """What the log of an apply must report, according to its plan."""

    operations: tuple[Operation, ...] = ()
    # Whether the state must change. An apply that only reverts a manual change ends with the previous state,
    # which the engine does not write again.
    moves_state: bool = False
    deposed: tuple[str, ...] = ()  # addresses with an object, replaced earlier, that it destroys


@dataclass(frozen=True)
class Reported:
    """What the engine reported. `counts` is its closing summary, None without one."""

    counts: Mapping[str, int] | None
    completed: Counter[Operation] = field(default_factory=Counter)
    unfinished: tuple[str, ...] = ()
    cut: bool = False  # we dropped part of its output


@dataclass(frozen=True)
class StateMark:
    """`serial` is None if there is no state, or no readable one."""

    serial: int | None
    lineage: str = ""


def expected_of(changes: ChangeSet) -> Expected:
    resources = [one for one in changes.resources if not one.data]
    drifted = {one.address for one in changes.drift}
    return Expected(
        operations=tuple(operation for one in resources for operation in _operations(one)),
        moves_state=any(
            one.previous_address
            or one.importing
            or one.action is Action.FORGET
            or (one.address not in drifted and any(_operations(one)))
            for one in resources
        ),
        deposed=tuple(one.address for one in resources if one.deposed and one.action is Action.DELETE),
    )


def doubt(
    engine: str,
    reported: Reported,
    expected: Expected | None,
    before: StateMark | None,
    after: StateMark | None,
) -> str:
    """Why exit code 0 is not believed; empty if everything agrees. None stands for unknown."""
    if reported.counts is None and not reported.cut:
        return f"{engine} exited with code 0, but its log does not end with the summary of a completed apply"
    if reported.unfinished:
        return f"{engine} exited with code 0, but never reported the end of {_named(reported.unfinished)}"
    missing = [] if reported.cut or expected is None else list(_missing(expected, reported.completed))
    if missing:
        return f"{engine} exited with code 0, but never reported {_named(missing)}"
    return "" if after is None else _doubt_of_state(engine, before, after, moves=_moves(reported, expected))


def _operations(change: ResourceChange) -> Iterator[Operation]:
    """Without those that an apply may omit or name differently."""
    if MASK in change.address:
        return
    if change.action in {Action.CREATE, Action.REPLACE}:
        yield change.address, "create"
    if change.action is Action.DELETE or (change.action is Action.REPLACE and not change.keeps_old):
        yield change.address, "delete"
    if change.action is Action.UPDATE and _surely_differs(change):
        yield change.address, "update"


def _surely_differs(change: ResourceChange) -> bool:
    """Once unknown values are known, an update may turn out to change nothing, and the engine omits it."""
    return any(not one.unknown and not one.mark_only for one in change.attributes)


def _missing(expected: Expected, completed: Counter[Operation]) -> Iterator[str]:
    for address, action in (Counter(expected.operations) - completed).elements():
        yield f"the {action} of {address}"


def _moves(reported: Reported, expected: Expected | None) -> bool:
    """Whether the state must have been written."""
    return any((reported.counts or {}).values()) if expected is None else expected.moves_state


def _doubt_of_state(engine: str, before: StateMark | None, after: StateMark, *, moves: bool) -> str:
    said = f"{engine} reported a completed apply, but"
    old = before or StateMark(None)
    if after.serial is None:
        return f"{said} its state is missing or damaged" if moves or old.serial else ""
    if old.lineage and after.lineage != old.lineage:
        return f"{said} the state has a different lineage now"
    if old.serial is not None and after.serial < old.serial:
        return f"{said} the state went back from serial {old.serial} to {after.serial}"
    if moves and after.serial == old.serial:
        return f"{said} the state was not written: it is still at serial {after.serial}"
    return ""


def _named(things: tuple[str, ...] | list[str]) -> str:
    rest = len(things) - _NAMED
    return ", ".join(things[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
