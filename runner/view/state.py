"""Managed states: their versions, what is in one, and what changed between two."""

from datetime import datetime
from typing import Any

from runner.model.changes.changes import ChangeSet
from runner.model.stack.definition import Stack
from runner.model.state.version import KeptState, Origin, StateKey, StateVersion
from runner.model.values.frozen import dataclass
from runner.ports.records.states import StateReader
from runner.ports.records.store import Reader
from runner.view.changes import ChangesView, changes_view
from runner.view.when import whole


@dataclass(frozen=True)
class StateVersionRow:
    version: int
    serial: int
    lineage: str
    resources: int | None  # unknown for a state that OpenTofu encrypted
    size: int
    sha256: str
    engine_version: str
    origin: Origin
    by: str
    at: datetime


StateVersionRows = tuple[StateVersionRow, ...]


@dataclass(frozen=True)
class StateRow:
    """A stack and the newest version of its state."""

    stack: str
    newest: StateVersionRow
    versions: int
    locked_by: str | None  # of terraform's lock, where the state is served


StateRows = tuple[StateRow, ...]


@dataclass(frozen=True)
class StackState:
    """The newest version of a stack's managed state, and how many are kept."""

    version: int
    serial: int
    versions: int
    at: datetime

    def __str__(self) -> str:
        kept = "1 version" if self.versions == 1 else f"{self.versions} versions"
        return f"version {self.version}, serial {self.serial}; {kept} kept"


@dataclass(frozen=True)
class StateValue:
    """An attribute or an output; the value of a sensitive one is masked."""

    name: str
    value: Any
    sensitive: bool


@dataclass(frozen=True)
class StateResource:
    address: str
    type: str
    deposed: str | None
    values: tuple[StateValue, ...]


@dataclass(frozen=True)
class StatePage:
    """One version. Secrets in it are masked."""

    stack: str
    version: StateVersionRow
    newest: int
    outputs: tuple[StateValue, ...]
    resources: tuple[StateResource, ...]


@dataclass(frozen=True)
class StateDiff:
    stack: str
    before: StateVersionRow
    after: StateVersionRow
    changes: ChangesView


def state_rows(reader: Reader) -> StateRows:
    kept = {one.key: one for one in reader.kept_states()}
    locks = {one.key: f"run-{one.run}" for one in reader.served_locks()}
    stacks = {StateKey.of(stack): stack for stack in reader.stacks() if stack.managed_state}
    found = [(stack, kept[key], locks.get(key)) for key, stack in stacks.items() if key in kept]
    return tuple(_state_row(*one) for one in sorted(found, key=lambda one: one[0].name))


def _state_row(stack: Stack, kept: KeptState, locked_by: str | None) -> StateRow:
    return StateRow(stack.name, version_row(kept.newest), kept.versions, locked_by)


def stack_state(reader: StateReader, stack: Stack) -> StackState | None:
    """None if it has no managed state, or none yet."""
    kept = reader.state_versions(StateKey.of(stack)) if stack.managed_state else []
    return StackState(kept[0].number, kept[0].serial, len(kept), whole(kept[0].at)) if kept else None


def version_row(of: StateVersion) -> StateVersionRow:
    return StateVersionRow(
        version=of.number,
        serial=of.serial,
        lineage=of.lineage,
        resources=of.resources,
        size=of.size,
        sha256=of.digest,
        engine_version=of.engine_version,
        origin=of.origin,
        by=of.by,
        at=whole(of.at),
    )


def state_page(stack: str, version: StateVersion, newest: int, content: ChangeSet) -> StatePage:
    """`content` is what this version has and an empty state does not."""
    return StatePage(
        stack=stack,
        version=version_row(version),
        newest=newest,
        outputs=tuple(StateValue(one.name, one.after, one.sensitive) for one in content.outputs),
        resources=tuple(
            StateResource(
                one.address,
                one.type,
                one.deposed,
                tuple(StateValue(value.path, value.after, value.sensitive) for value in one.attributes),
            )
            for one in content.resources
        ),
    )


def state_diff(stack: str, before: StateVersion, after: StateVersion, changes: ChangeSet) -> StateDiff:
    return StateDiff(stack, version_row(before), version_row(after), changes_view(changes))
