"""A lock file that the other engine wrote: its addresses are those of another registry, and `init` may not change it."""

import re
from collections.abc import Iterable

from runner.engine.initialised.lock_file import LOCK_FILE, read_lock_file
from runner.engine.session import Session
from runner.model.changes.changes import Diagnostic
from runner.model.code.engines import ENGINES

# Both engines say so where they would have to write it.
CHANGED = "Provider dependency changes detected"
_ADDRESS = re.compile(rb'^provider "([^"/]+)/', re.MULTILINE)


def other_lock_file(session: Session, said: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What to do about it, where it is why `init` failed."""
    if not any(CHANGED in one.summary for one in said):
        return []
    workspace = session.execution.workspace
    try:
        hosts = set(_ADDRESS.findall(read_lock_file(workspace.module) or b""))
    except OSError:
        return []
    row = session.row
    others = [one for one in ENGINES.values() if one is not row and one.registry.encode() in hosts]
    if not others or row.registry.encode() in hosts:
        return []
    folder = workspace.module.relative_to(workspace.tree) if workspace.tree is not None else workspace.module
    summary = f"{LOCK_FILE} was written by {others[0].product}: run `{row.name} init` in {folder} and commit the file"
    detail = f"It names providers of {others[0].registry}, and {row.name} gets them from {row.registry}."
    return [Diagnostic("error", summary, detail)]
