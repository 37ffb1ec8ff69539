"""Run `init`: beside any number of others, none of which waits for another."""

import shutil

from runner.engine import init as initialised
from runner.engine.argv import InitOptions, init_argv
from runner.engine.cli_config import PLUGINS
from runner.engine.constraint import parse
from runner.engine.json_output import CHECKSUMS_MISSING, JsonOutput
from runner.engine.plugins import lay_out, publish
from runner.engine.session import Session
from runner.ports import EngineError
from runner.process import Finished

# Without a lock file terraform would download and unpack every provider again, over the cached one that others run.
# Never with one: then it would take a cached provider without looking at the lock file's checksums.
TRUST_CACHE = {"TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}


def initialise(session: Session, inputs: initialised.InitInputs, deadline: float) -> EngineError | None:
    """Initialise the data directory, and share the providers that this has brought."""
    initialised.forget(inputs)
    shared, private = session.cli_config.parent / PLUGINS, inputs.data.with_name(PLUGINS)
    lock_file = inputs.module / initialised.LOCK_FILE
    lay_out(shared, private, lock_file)
    finished, output = _init(session, deadline, locked=lock_file.is_file(), readonly=lock_file.is_file())
    if finished.exit_code == 0 and any(d.summary == CHECKSUMS_MISSING for d in output.diagnostics):
        # The lock file was made on another platform and has no checksum that `plan` could use. A second
        # run adds those of the packages whose download it has just verified, and changes no selection.
        finished, output = _init(session, deadline, locked=True, readonly=False)
    if finished.exit_code != 0:
        # Maybe with half a package in it; the next run begins with an init anyway.
        shutil.rmtree(private, ignore_errors=True)
        return session.error("init", finished, output, deadline)
    publish(shared, private)
    initialised.remember(inputs)
    return None


def _init(session: Session, deadline: float, *, locked: bool, readonly: bool) -> tuple[Finished, JsonOutput]:
    version, _ = parse(session.version)
    since = session.row.init_variables_since
    options = InitOptions(
        json=version >= session.row.init_json_since,
        readonly_lockfile=readonly,
        backend_config=session.backend_config(),
        var_files=session.var_files() if since is not None and version >= since else (),
    )
    cache = {"TF_PLUGIN_CACHE_DIR": str(session.execution.workspace.data.with_name(PLUGINS))}
    return session.run(
        "init",
        init_argv(session.binary, options),
        deadline=deadline,
        shows_text=True,
        extra=cache if locked else {**cache, **TRUST_CACHE},
    )
