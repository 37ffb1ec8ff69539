"""What becomes of a stack that leaves Git, or has left it."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.values.frozen import dataclass
from runner.service.operator import leave
from runner.service.operator.rename import say_renamed


@dataclass(frozen=True)
class Renamed:
    """`done` once the stack is gone from Git and the new one is there; `problem` says why that one is refused."""

    stack: str
    new: str
    done: bool
    problem: str | None


@dataclass(frozen=True)
class Forgotten:
    """`state` is the file in which the state of the stack remains."""

    stack: str
    state: str | None


@operation("POST", "/renames/{stack}", Role.OWNER, at_daemon=AfterCrash.LOSE)
def rename_stack(caller: Caller, stack: str, *, new: str) -> Renamed:
    """Declare that a stack in Git is this stack under a new name: it takes over the state, the terms and the history."""
    app, person = caller.app, caller.person
    say_renamed(app.control, stack, new, person)
    for source in app.settings.sources:
        app.poller.poll(source, by=person.name)
    with caller.reading() as reader:
        done = reader.stack(stack).renamed_to == new
        problem = next((why for s in reader.sources() for name, why in s.newcomers if name == new), None)
    return Renamed(stack, new, done, problem)


@operation("GET", "/forgettable/{stack}", Role.OWNER)
def check_forget(caller: Caller, stack: str) -> None:
    """Whether a stack may be forgotten: it is gone from Git, and nothing works on it."""
    with caller.reading() as reader:
        leave.may_be_forgotten(reader, stack)


@operation("DELETE", "/stacks/{stack}", Role.OWNER)
def forget_stack(caller: Caller, stack: str, *, reason: str = "") -> Forgotten:
    """Stop managing a stack that is gone from Git. Its resources, its state, its history and the audit log stay."""
    app = caller.app
    with caller.reading() as reader:
        known = leave.may_be_forgotten(reader, stack)
    leave.forget(app.control, stack, caller.person, reason)
    place = app.workspaces.state_file(known.folder, known.definition.terraform_workspace)
    return Forgotten(stack, str(place) if known.managed_state and place.exists() else None)
