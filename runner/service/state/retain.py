"""Retention of states' versions: the newest ones stay, and those that plans of open runs were made on."""

from runner.model.state.retained import superfluous
from runner.model.state.version import StateKey
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader


def retain(control: ControlPorts, key: StateKey) -> int:
    """Rows first, then bytes. Both hold the lock on the records, so bytes whose row is about to be written stay."""
    with control.store.writing() as writer:
        versions = writer.state_versions(key)
        gone = superfluous(versions, control.settings.retention.state_versions, _planned_on(writer, key))
        for one in gone:
            writer.remove_state_version(key, one.number)
    with control.store.writing() as writer:
        control.states.keep_only(key, {one.digest for one in writer.state_versions(key)})
    return len(gone)


def _planned_on(reader: Reader, key: StateKey) -> set[tuple[str, int]]:
    names = [stack.name for stack in reader.stacks(left=True) if StateKey.of(stack) == key]
    bindings = [reader.binding(run.id) for name in names for run in reader.open_runs(name)]
    facts = [binding.facts for binding in bindings if binding is not None]
    return {(one.lineage, one.serial) for one in facts if one.serial is not None}
