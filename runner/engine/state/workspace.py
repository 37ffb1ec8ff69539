"""Terraform's own workspace in a backend: whether it is there, and how it is made before its first plan.

Facts (terraform 1.11.4): with TF_WORKSPACE, `init` is refused where the backend holds other workspaces only. Where it
holds at most one, it is made without a word: by `init` in the local backend, which makes a folder, and by `plan` in S3,
which saves an empty state. Neither command may write where states are kept on this machine.
"""

from dataclasses import replace

from runner.engine.argv import workspace_list_argv, workspace_new_argv
from runner.engine.bad_end import bad_end
from runner.engine.session import Session
from runner.host.files import read_foreign
from runner.ports.engine import EngineError
from runner.process.run import run

DEFAULT = {"TF_WORKSPACE": ""}
LARGEST_LIST = 4 << 20
_LIST, _NEW = "workspace-list", "workspace-new"


def is_missing(session: Session, seconds: float) -> bool:
    """Where the backend has workspaces, and not this one. A backend without any says so at the plan."""
    if not session.has_workspace:
        return False
    session.restore()
    # Not by `Session.run`: the log of a run need not name all that others keep in this backend.
    command = session.command(_LIST, workspace_list_argv(session.binary))
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
    """A command of its own, since it alone may write where the backend keeps states; it starts no provider."""
    workspace = session.execution.stack.terraform_workspace
    argv = workspace_new_argv(session.binary, workspace)
    finished, output = session.run(_NEW, argv, deadline=seconds)
    if finished.exit_code != 0:
        return bad_end(session, _NEW, finished, output, seconds)
    session.journal.write([f"The workspace {workspace} was not in the backend yet: it was created, empty."])
    return None
