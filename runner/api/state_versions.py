"""Versions of managed states: looking at them, taking one away, and putting another one in place."""

from runner.api.caller import Caller
from runner.api.content import Content
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.state.comparison import changes_between
from runner.model.state.version import StateKey
from runner.service.state import replace
from runner.service.state.read import hidden_of, managed, shown_content, version_of
from runner.view.state import (
    StateDiff,
    StatePage,
    StateRows,
    StateVersionRow,
    StateVersionRows,
    state_diff,
    state_page,
    state_rows,
    version_row,
)


@operation("GET", "/states", Role.VIEWER)
def list_states(caller: Caller) -> StateRows:
    """Stacks whose state Driftline keeps, each with the newest version of it."""
    with caller.reading() as reader:
        return state_rows(reader)


@operation("GET", "/state-versions/{stack}", Role.VIEWER)
def list_state_versions(caller: Caller, stack: str) -> StateVersionRows:
    """The versions of a stack's state that are kept, newest first."""
    with caller.reading() as reader:
        kept = reader.state_versions(StateKey.of(managed(reader, stack)))
    return tuple(map(version_row, kept))


@operation("GET", "/states/{stack}", Role.VIEWER)
def show_state(caller: Caller, stack: str, *, version: int | None = None) -> StatePage:
    """Outputs and resources in the state of a stack, or in an earlier version of it. Secrets are masked."""
    with caller.reading() as reader:
        found = managed(reader, stack)
        newest, wanted = version_of(reader, found), version_of(reader, found, version)
        hidden = hidden_of(reader, caller.app.artifacts, found)
    content = shown_content(caller.app.states, found, wanted)
    return state_page(stack, wanted, newest.number, changes_between(None, content, hidden))


@operation("GET", "/state-diffs/{stack}", Role.VIEWER)
def diff_states(caller: Caller, stack: str, *, older: int, newer: int) -> StateDiff:
    """What changed between two versions of a stack's state. Secrets are masked."""
    with caller.reading() as reader:
        found = managed(reader, stack)
        one, other = version_of(reader, found, older), version_of(reader, found, newer)
        hidden = hidden_of(reader, caller.app.artifacts, found)
    old, new = (shown_content(caller.app.states, found, version) for version in (one, other))
    return state_diff(stack, one, other, changes_between(old, new, hidden))


@operation("POST", "/state-pulls/{stack}", Role.OWNER)
def pull_state(caller: Caller, stack: str, *, version: int | None = None) -> Content:
    """The state of a stack as terraform stores it, with every secret in clear. The audit log says who took it."""
    app = caller.app
    with app.store.writing() as writer:
        found = managed(writer, stack)
        wanted = version_of(writer, found, version)
        content = app.states.get(StateKey.of(found), wanted.digest)
        about = {"version": wanted.number, "serial": wanted.serial, "sha256": wanted.digest}
        writer.audit_note(caller.person.name, "state.pull", stack, about)
    return Content(f"{stack.replace('/', '-')}.tfstate", content)


@operation("POST", "/state-pushes/{stack}", Role.OWNER)
def push_state(
    caller: Caller, stack: str, *, content: str, force: bool = False, file: str = "the state"
) -> StateVersionRow:
    """Make this the newest version of a stack's state. With `force` also of another lineage, or an older one."""
    made = replace.push(caller.app.control, stack, content.encode(), caller.person, file=file, force=force)
    return version_row(made)


@operation("POST", "/state-rollbacks/{stack}", Role.OWNER)
def roll_back_state(caller: Caller, stack: str, *, version: int) -> StateVersionRow:
    """Make a new version of a stack's state from an earlier one. The resources themselves stay as they are."""
    return version_row(replace.roll_back(caller.app.control, stack, version, caller.person))
