"""The stacks as a graph."""

from runner.api.caller import Caller
from runner.api.choice import labels_of
from runner.api.operation import operation
from runner.api.recent import recent
from runner.api.stack_facts import reading_stacks
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.view.graph import Overall, StackGraph, around, only, stack_graph
from runner.view.newcomer import newcomers


@operation("GET", "/graph", Role.VIEWER)
def show_graph(caller: Caller, *, name: tuple[str, ...] = (), label: tuple[str, ...] = ()) -> StackGraph:
    """The stacks, their dependencies and promotions, with their state: all, or those chosen and everything connected to them."""
    if name and label:
        raise BadUsage("specify either the names of stacks or -l KEY=VALUE")
    app, wanted, shortage = caller.app, labels_of(label), caller.app.disk.shortage()

    def work() -> StackGraph:
        with reading_stacks(caller, shortage) as (reader, found):
            new = tuple(newcomers(reader, app.settings))
        drawn = stack_graph(found, new, app.settings.promotion)
        return drawn if caller.access.unlimited else only(drawn, caller.access.sees)

    drawn = recent(caller, work, shortage)
    if label:
        # Nothing is known of the labels of newcomers: they have none.
        return around(drawn, [node.name for node in drawn.nodes if wanted <= node.labels.items()])
    known = {node.name for node in drawn.nodes if node.overall is not Overall.MISSING}
    with caller.reading() as reader:
        for one in name:
            if one not in known:
                reader.stack(one)  # raises with the reason
    return around(drawn, name) if name else drawn
