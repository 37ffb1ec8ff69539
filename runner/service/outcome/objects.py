"""Recording which objects the state of a stack has."""

from runner.model.inventory.state_object import SeenObjects
from runner.model.run.life import Run
from runner.ports.records.inventory import InventoryWriter


def record_objects(writer: InventoryWriter, run: Run, seen: SeenObjects | None) -> None:
    """What is on record stays if they could not be read: a stale answer is better than one that calls all unmanaged."""
    if seen is not None:
        writer.save_objects(run.stack, seen)
