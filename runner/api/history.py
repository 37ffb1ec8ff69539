"""What was changed, by whom, and who approved it."""

from datetime import datetime

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.ports.records.runs import RunFilter
from runner.view.history import HistoryRows, history_rows


@operation("GET", "/history", Role.VIEWER)
def list_history(
    caller: Caller,
    *,
    stack: str | None = None,
    by: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 20,
    before: int | None = None,
) -> HistoryRows:
    """The changes of a stack, or of all stacks, newest first: who requested, approved and applied what."""
    where = RunFilter(stack=stack, by=by, since=since, until=until, below=before, limit=limit)
    with caller.reading() as reader:
        if stack is not None:
            reader.stack(stack)
        return history_rows(reader, where)
