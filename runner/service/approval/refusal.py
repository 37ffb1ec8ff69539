"""A refused attempt leaves a row in the audit log, in a transaction of its own."""

from contextlib import suppress
from typing import TYPE_CHECKING

from runner.errors import DriftlineError
from runner.model.approval.approval import Person

if TYPE_CHECKING:
    from runner.ports.control import ControlPorts


def note_refusal(
    control: "ControlPorts", person: Person, action: str, run_id: int, refused: DriftlineError, **more: str
) -> None:
    """Even if that cannot be written, the refusal is still the error to report."""
    with suppress(DriftlineError), control.store.writing() as writer:
        detail = {"known_by": person.known_by, "why": refused.message, **more}
        writer.audit_note(person.name, action, f"run-{run_id}", detail)
