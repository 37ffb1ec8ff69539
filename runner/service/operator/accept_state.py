"""A person accepts a moved state: only then may a revision that keeps it elsewhere be planned."""

from dataclasses import replace

from runner.errors import Blocked, NotFound
from runner.model.approval.approval import Person
from runner.model.code.conflicts import moved_state
from runner.model.run.busy import refuse_executing
from runner.model.stack.definition import Discovered, Stack, StateIdentity
from runner.ports.control import ControlPorts
from runner.ports.workspace import Workspaces
from runner.service.discovery.discover import Discoverer


def proposed_state(control: ControlPorts, discoverer: Discoverer, name: str) -> StateIdentity:
    """Where the newest revision would keep the stack's state; NotFound if it did not move."""
    with control.store.reading() as reader:
        known = reader.stacks(left=True)
        stack = reader.stack(name)
        head = reader.source(stack.source).head
    source = control.settings.required_source(stack.source)
    unpinned = [replace(one, pinned_identity=None) if one.name == name else one for one in known]
    found = discoverer.discover(source, head or stack.revision, unpinned)
    new = next((one for one in found.stacks if one.definition.name == name), None)
    if new is None:
        problem = next(
            (str(problem) for problem in found.problems if problem.stack == name), "it is not in Git"
        )
        raise Blocked(f'stack "{name}": {problem}', hint=f"driftline stack show {name}")
    if stack.pinned_identity in {None, new.identity.digest}:
        raise NotFound(
            f'the state of stack "{name}" has not moved: {new.identity}', hint=f"driftline stack show {name}"
        )
    return new.identity


def accept_state(
    control: ControlPorts,
    workspaces: Workspaces,
    name: str,
    identity: StateIdentity,
    person: Person,
    reason: str,
) -> None:
    """Use exactly this state from now on. The stack is discovered again at the next poll, and initialised again."""
    with control.store.writing() as writer:
        stack = writer.stack(name)
        refuse_executing(writer.open_runs(name))
        writer.pin_state(name, identity.digest, by=person.name, reason=reason)
        # Terraform's own record of the old backend would make every init fail.
        workspaces.forget_init(stack.folder)
        writer.save_source(replace(writer.source(stack.source), discovered_with=None))


def refuse_moved_state(stack: Stack, at: Discovered) -> None:
    """An older revision may keep its state in the place it was moved from on purpose."""
    pinned = stack.pinned_identity or stack.identity.digest
    if at.identity.digest != pinned:
        raise Blocked(
            f'stack "{stack.name}" at {at.revision[:12]}: {moved_state(stack, at.identity)}',
            hint=f"driftline stack show {stack.name}",
        )
