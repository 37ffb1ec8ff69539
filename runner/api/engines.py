"""The engines that are installed."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.code.engines import ENGINES
from runner.model.execution.daemon_request import AfterCrash
from runner.view.engine import EngineRows, engine_rows


@operation("GET", "/engines", Role.VIEWER, at_daemon=AfterCrash.REPEAT)
def list_engines(caller: Caller) -> EngineRows:
    """Every program that is named as an engine: its version, the stacks that get it, its SHA-256, or why it is refused."""
    app = caller.app
    installed = {engine: app.engine.installed(engine) for engine in ENGINES}
    with caller.reading() as reader:
        stacks = reader.stacks()
    return engine_rows(app.settings, installed, stacks, app.engine.digest)
