"""The stacks as a graph."""

from collections.abc import Callable

from runner.api.caller import Caller
from runner.api.choice import labels_of
from runner.api.operation import operation
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.view.facts import all_stacks
from runner.view.graph import StackGraph, around, only, stack_graph
from runner.view.newcomer import newcomers


@operation("GET", "/graph", Role.VIEWER)
def show_graph(caller: Caller, *, name: tuple[str, ...] = (), label: tuple[str, ...] = ()) -> StackGraph:
    """The stacks, their dependencies and promotions, with their state: all, or those chosen and everything connected to them."""
    if name and label:
        raise BadUsage("specify either the names of stacks or -l KEY=VALUE")
    app, wanted = caller.app, labels_of(label)
    with caller.reading() as reader:
        found = all_stacks(reader, app.settings, app.clock, app.disk.shortage())
        new = list(newcomers(reader, app.settings))
        known = {facts.stack.name for facts in found} | {row.name for row in new}
        for one in name:
            if one not in known:
                reader.stack(one)  # raises with the reason
    drawn = stack_graph(found, new, app.settings.promotion)
    sees: Callable[[str], bool] = caller.access.sees
    if not caller.access.unlimited:
        drawn = only(drawn, sees)
    if label:
        chosen = [facts.stack for facts in found if wanted <= facts.stack.definition.labels.items()]
        return around(drawn, [stack.name for stack in chosen])
    return around(drawn, name) if name else drawn
