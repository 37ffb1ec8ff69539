"""The list of stacks, apart from what else can be asked of them."""

from runner.api.caller import Caller
from runner.api.choice import labels_of
from runner.api.operation import operation
from runner.api.recent import recent
from runner.api.stack_facts import reading_stacks
from runner.model.access.role import Role
from runner.view.newcomer import newcomers
from runner.view.stack import StackRow, stack_row


@operation("GET", "/stacks", Role.VIEWER)
def list_stacks(caller: Caller, *, label: tuple[str, ...] = ()) -> tuple[StackRow, ...]:
    """Stacks with their sync, drift and health status; those that have all of the labels, such as `env=prod`."""
    app, shortage, wanted = caller.app, caller.app.disk.shortage(), labels_of(label)

    def work() -> tuple[StackRow, ...]:
        with reading_stacks(caller, shortage) as (reader, found):
            new = tuple(newcomers(reader, app.settings))
        return (*map(stack_row, found), *new)

    # Nothing is known of the labels of newcomers: they have none.
    return tuple(row for row in recent(caller, work, shortage) if wanted <= row.labels.items())
