"""Provide a sealed copy of the results of `init`: run it if none is valid, in parallel with any others,
without waiting.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from runner.engine.argv import InitOptions, init_argv
from runner.engine.failure import bad_end
from runner.engine.initialised.cli_config import PLUGINS
from runner.engine.initialised.lock_file import LOCK_FILE
from runner.engine.initialised.needed import InitInputs, up_to_date
from runner.engine.initialised.plugins import lay_out, publish
from runner.engine.initialised.seal import Seal, discard, newest
from runner.engine.initialised.sealing import Odd, seal
from runner.engine.json_output import CHECKSUMS_MISSING, JsonOutput
from runner.engine.modules import code_files
from runner.engine.removal import put_aside
from runner.engine.session import Session
from runner.engine.state import workspace as terraform_workspace
from runner.host.files import PRIVATE_FILE, private_folder
from runner.model.changes.changes import Diagnostic
from runner.model.engine.constraint import parse
from runner.ports.engine import EngineError
from runner.probe.installed import Unverified, installed
from runner.process.run import Finished

# Without a lock file terraform would download and unpack every provider again, over the cached one that
# others run. Never set with one: then it would use a cached provider without checking the lock file's
# checksums.
TRUST_CACHE = {"TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
ATTEMPTS = 2  # a stack that shares the module may have written the lock file meanwhile


def found(session: Session) -> Session | None:
    """With a copy that is valid for this code, its providers verified; None if an `init` is needed."""
    session.put_module_right()
    good = up_to_date(session.init_inputs(), session.sealed)
    if good is None:
        return None
    known, code = good
    try:
        providers = installed(known.lock_file, known.data, session.verified)
    except (Unverified, OSError):
        return None
    known.used()
    return replace(session.with_seal(known, code), providers=providers)


def initialise(session: Session, deadline: float, mirror: Path | None) -> Session | EngineError:
    """Run `init` in its own data folder, and share the providers that it installed."""
    session.put_module_right()
    for _ in range(ATTEMPTS):
        outcome = _initialised(session, session.init_inputs(), deadline, mirror)
        if not isinstance(outcome, Seal):
            break
        if session.lock_files.keep(session.execution.workspace.module):
            code = code_files.read(session.code, outcome.manifest.local_folders)
            return session.with_seal(outcome, code, initialised=True)
        discard(outcome)
    else:
        return _refused(
            session,
            Finished(1, None, complete=True, seconds=0.0),
            session.output(),
            "its lock file keeps changing",
        )
    return outcome


def _initialised(
    session: Session, inputs: InitInputs, deadline: float, mirror: Path | None
) -> Seal | EngineError:
    module, shared, private = (
        inputs.code.module,
        session.cli_config.parent / PLUGINS,
        inputs.data.with_name(PLUGINS),
    )
    lock_file = module / LOCK_FILE
    lay_out(shared, private, lock_file)
    _begin(session, inputs.data)
    reached = _reached(session, deadline, locked=lock_file.is_file())
    if isinstance(reached, EngineError):
        return reached
    finished, output = reached
    completed = finished.exit_code == 0 and any(d.summary == CHECKSUMS_MISSING for d in output.diagnostics)
    if completed:
        # The lock file was made on another platform and lacks the checksums that `plan` needs. A second run
        # adds those of the packages it has just verified, and changes no selection.
        finished, output = _init(session, deadline, locked=True, readonly=False)
    if finished.exit_code != 0:
        # It may contain half a package; the next run starts with an init anyway.
        shutil.rmtree(private, ignore_errors=True)
        return bad_end(session, "init", finished, output, deadline)
    publish(shared, private)
    try:
        made = _sealed(session, inputs, (private, shared, *_places(mirror)), lock_file)
    except (Odd, Unverified, OSError) as odd:
        return _refused(session, finished, output, str(odd))
    if completed:
        session.lock_files.add_checksums(module)
    return made


def _reached(session: Session, deadline: float, *, locked: bool) -> tuple[Finished, JsonOutput] | EngineError:
    """Run `init`, and check that the backend has the stack's workspace before keeping anything."""

    def init(session: Session) -> tuple[Finished, JsonOutput]:
        return _init(session, deadline, locked=locked, readonly=locked)

    finished, output = init(session)
    if not session.has_workspace or finished.stopped is not None:
        return finished, output
    failed = finished.exit_code != 0
    if failed:
        # Possibly only because of the workspace: the backend can be asked with the default one.
        default = {**session.environment, **terraform_workspace.DEFAULT}
        if init(replace(session, environment=default))[0].exit_code != 0:
            return finished, output
    if not terraform_workspace.is_missing(session, deadline):
        return finished, output
    problem = terraform_workspace.create(session, deadline)
    if problem is not None:
        return problem
    return init(session) if failed else (finished, output)


def _begin(session: Session, data: Path) -> None:
    """Of the previous data only the backend record counts: terraform uses it to refuse another backend."""
    last = newest(session.sealed)
    if last is None:
        put_aside(data)
        private_folder(data)
    else:
        last.restore_backend(data)


def _sealed(session: Session, inputs: InitInputs, plugins: tuple[Path, ...], lock_file: Path) -> Seal:
    if lock_file.is_file() and lock_file.stat().st_mode & 0o077:
        lock_file.chmod(PRIVATE_FILE)  # whatever the umask
    installed(lock_file, inputs.data, session.verified)
    return seal(inputs, session.sealed, plugins)


def _places(mirror: Path | None) -> tuple[Path, ...]:
    return () if mirror is None else (mirror.absolute(), mirror.resolve())


def _refused(session: Session, finished: Finished, output: JsonOutput, why: str) -> EngineError:
    error = bad_end(session, "init", finished, output)
    diagnostic = Diagnostic("error", f"What {session.row.name} init left is not used: {why}")
    return replace(error, diagnostics=(*output.diagnostics, diagnostic))


def _init(session: Session, deadline: float, *, locked: bool, readonly: bool) -> tuple[Finished, JsonOutput]:
    version, _ = parse(session.version)
    since = session.row.sources_since
    options = InitOptions(
        json=version >= session.row.init_json_since,
        readonly_lockfile=readonly,
        backend_config=session.backend_config(),
        var_files=session.var_files() if version >= since else (),
    )
    cache = {"TF_PLUGIN_CACHE_DIR": str(session.execution.workspace.data.with_name(PLUGINS))}
    return session.run(
        "init",
        init_argv(session.binary, options),
        deadline=deadline,
        shows_text=True,
        extra=cache if locked else {**cache, **TRUST_CACHE},
    )
