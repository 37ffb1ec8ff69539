"""Refuse to plan on a state that is known to be damaged, or older than what an apply made."""

from runner.errors import StateDamaged, StateUnsaved
from runner.model.stack.state_file import save_command
from runner.ports.workspace import Workspaces


def refuse_unsaved(workspaces: Workspaces, stack: str, folder: str, workspace: str | None) -> None:
    """StateUnsaved, with how to save it. `workspace` is terraform's, None if the state is not managed."""
    for unsaved in workspaces.unsaved_states(folder):
        # It is named after the run that could not save it.
        run = unsaved.name.partition(".")[0]
        managed = None if workspace is None else workspaces.state_file(folder, workspace)
        raise StateUnsaved(run=run, stack=stack, path=unsaved, command=save_command(unsaved, managed))


def refuse_damaged(workspaces: Workspaces, stack: str, folder: str) -> None:
    """StateDamaged, with how to restore it."""
    for torn in workspaces.damaged_states(folder):
        raise StateDamaged(stack=stack, path=torn.state, command=torn.command)


def refuse_lost_state(workspaces: Workspaces, stack: str, folder: str, workspace: str | None) -> None:
    """`folder` is that of the stack's states."""
    refuse_unsaved(workspaces, stack, folder, workspace)
    if workspace is not None:
        refuse_damaged(workspaces, stack, folder)
