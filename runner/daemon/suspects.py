"""Look up who caused drift, in a thread of its own: however long AWS takes, it delays neither runs nor reports."""

from collections.abc import Callable
from functools import partial

from runner.daemon.channels import all_once
from runner.daemon.parts import Parts
from runner.errors import DriftlineError
from runner.service.drift.received import ReceivedFirst
from runner.service.drift.suspects import explain_next

NAME = "suspects"


def suspects_look(parts: Parts) -> dict[str, Callable[[], None]]:
    """By name, for the daemon's threads; nothing where no account may be read."""
    return {} if parts.trail is None else {NAME: partial(_look, parts)}


def _look(parts: Parts) -> None:
    assert parts.trail is not None
    control = parts.worker.control
    while explain_next(control, ReceivedFirst(control.store, parts.trail)):
        pass


def explain_once(parts: Parts, report: Callable[[str], None]) -> None:
    """Everything that is due, at the end of a pass. What takes too long is left for the next one."""

    def look() -> None:
        try:
            _look(parts)
        except DriftlineError as error:
            report(f"{NAME}: {error.message}")

    if parts.trail is not None:
        all_once([look])
