"""How far runs are: asked again and again by whoever waits for them."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.view.progress import Progress, progress


@operation("GET", "/progress", Role.VIEWER)
def show_progress(caller: Caller, *, runs: tuple[int, ...]) -> tuple[Progress, ...]:
    """How far these runs are, and what keeps them from going on."""
    app = caller.app
    with caller.reading() as reader:
        return tuple(progress(reader, app.settings, app.clock, reader.run(run)) for run in runs)
