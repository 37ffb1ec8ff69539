"""Stacks that are left alone for a while."""

from datetime import datetime, timedelta

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.service.operator import pause
from runner.view.stack import PauseView, pause_view


@dataclass(frozen=True)
class Resumed:
    """`stays_paused` if its definition in Git says so."""

    stack: str
    stays_paused: bool


@operation("PUT", "/pauses/{stack}", Role.OPERATOR)
def pause_stack(
    caller: Caller,
    stack: str,
    *,
    reason: str,
    length: Seconds | None = None,
    until: datetime | None = None,
) -> PauseView:
    """Stop planning and checking a stack until it is resumed or the pause ends. Approved plans are still applied.

    Without an end, a stack that is already paused keeps its own.
    """
    if length is not None and until is not None:
        raise BadUsage("length and until are mutually exclusive")
    end = timedelta(seconds=length) if length is not None else until
    return pause_view(pause.pause(caller.app.control, stack, caller.person, reason, end))


@operation("DELETE", "/pauses/{stack}", Role.OPERATOR)
def resume_stack(caller: Caller, stack: str) -> Resumed:
    """Resume planning and checking a stack."""
    pause.resume(caller.app.control, stack, caller.person)
    with caller.reading() as reader:
        return Resumed(stack, reader.stack(stack).definition.paused)
