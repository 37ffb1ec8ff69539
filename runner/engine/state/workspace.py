"""Terraform's own workspace in a backend: whether it exists, and how it is created before its first plan.

Facts (terraform 1.11.4): with TF_WORKSPACE, `init` fails if the backend holds only other workspaces. If it
holds at most one, the workspace is created silently: by `init` in the local backend, which creates a folder,
and by `plan` in S3, which saves an empty state. Neither command may write where states are kept on this
machine.
"""

from dataclasses import replace

from runner.engine.argv import workspace_list_argv, workspace_new_argv
from runner.engine.failure import bad_end
from runner.engine.session import Session
from runner.host.files import read_foreign
from runner.ports.engine import EngineError
from runner.process.run import run

DEFAULT = {"TF_WORKSPACE": ""}
LARGEST_LIST = 4 << 20
_LIST, _NEW = "workspace-list", "workspace-new"


def is_missing(session: Session, seconds: float) -> bool:
    """Whether the backend has workspaces, but not this one. A backend without workspaces fails at the plan."""
    if not session.has_workspace:
        return False
    session.restore()
    # Not by `Session.run`: the log of a run must not list others' workspaces in this backend.
    command = session.command(
        _LIST, workspace_list_argv(session.binary, session.values_for("workspace list"))
    )
    try:
        finished = run(replace(command, deadline=seconds), cancel=session.execution.cancel)
        lines = read_foreign(command.stdout, LARGEST_LIST).decode(errors="replace").splitlines()
    except (OSError, ValueError):
        return False
    finally:
        command.stdout.unlink(missing_ok=True)
    workspace = session.execution.stack.terraform_workspace
    return finished.exit_code == 0 and not any(line in {f"  {workspace}", f"* {workspace}"} for line in lines)


def create(session: Session, seconds: float) -> EngineError | None:
    """A separate command, since it alone may write where the backend keeps states; it starts no provider."""
    workspace = session.execution.stack.terraform_workspace
    argv = workspace_new_argv(session.binary, workspace, session.values_for("workspace new"))
    finished, output = session.run(_NEW, argv, deadline=seconds)
    if finished.exit_code != 0:
        return bad_end(session, _NEW, finished, output, seconds)
    session.journal.write([f"The workspace {workspace} did not exist in the backend; created it, empty."])
    return None
