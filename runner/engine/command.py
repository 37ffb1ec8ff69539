"""The engine: init where needed, plan, show, apply. Satisfies `ports.Engine`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.engine import init as initialised
from runner.engine.argv import (
    ApplyOptions,
    InitOptions,
    PlanOptions,
    apply_argv,
    init_argv,
    plan_argv,
    show_argv,
)
from runner.engine.cli_config import write_cli_config
from runner.engine.constraint import check, parse
from runner.engine.credentials import AwsCredentials
from runner.engine.environment import child_environment, inherited
from runner.engine.journal import Journal
from runner.engine.json_output import CHECKSUMS_MISSING, NEEDS_INIT, JsonOutput
from runner.engine.salvage import how_to_save, salvage
from runner.engine.serial import alone
from runner.engine.session import Session
from runner.engine.table import ENGINES
from runner.engine.version import Versions, wanted
from runner.files import private_folder
from runner.model.plan import Diagnostic
from runner.model.plan_json import parse_document
from runner.model.settings import Settings
from runner.ports import Applied, EngineError, Execution, Planned
from runner.process import Finished

PLAN_FILE = "plan.tfplan"
# Without a lock file terraform would download and unpack every provider again, over the cached one that others run.
# Never with one: then it would take a cached provider without looking at the lock file's checksums.
# Each init ends at its own deadline, so who waits gets a turn; a stack whose backend hangs must not fail the others.
INIT_TURNS = 10
TRUST_CACHE = {"TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}


class CommandLineEngine:
    """One installation's engines. `apply` raises only before it has started terraform."""

    def __init__(self, settings: Settings, daemon: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.folder = settings.data_dir / "engine"
        self.daemon = os.environ if daemon is None else daemon
        self.versions = Versions(self.folder)
        self.credentials = AwsCredentials()

    def version(self, engine: str) -> tuple[Path, str]:
        """The binary that would be used and its version; EngineMissing where there is none."""
        row = ENGINES[engine]
        base = inherited(self.daemon, ())
        binary = self.versions.locate(
            row, getattr(self.settings.engines, engine).binary, base.get("PATH", os.defpath)
        )
        quiet = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(self._cli_config())}
        return binary, self.versions.of(row, binary, {**base, **quiet})

    def plan(self, execution: Execution) -> Planned | EngineError:
        with self._session(execution) as session:
            inputs = session.init_inputs()
            skipped = initialised.up_to_date(inputs)
            if not skipped and (failed := self._init(session, inputs)) is not None:
                return failed
            finished, output = self._plan(session)
            if skipped and output.says(NEEDS_INIT):
                # Somebody emptied the cache, say. Planning changes nothing, so it may be done twice.
                if (failed := self._init(session, inputs)) is not None:
                    return failed
                finished, output = self._plan(session)
            if finished.exit_code not in {0, 2}:
                return session.error("plan", finished, output, self._limit(execution, "plan"))
            return self._planned(session, finished, output)

    def apply(self, execution: Execution, plan_file: Path) -> Applied | EngineError:
        with self._session(execution) as session:
            inputs = session.init_inputs()
            # A check of another revision may have been there since the plan was made.
            if not initialised.up_to_date(inputs) and (failed := self._init(session, inputs)) is not None:
                return failed
            options = ApplyOptions(
                plan_file=plan_file,
                state=session.state,
                lock_timeout=round(self.settings.apply.lock_timeout),
                parallelism=execution.stack.parallelism,
            )
            if execution.cancel.is_set():
                told = Diagnostic("error", "stopped on request before it was started")
                return EngineError("apply", 1, (told,), canceled=True)
            finished, output = session.run("apply", apply_argv(session.binary, options), spare=True)
            salvaged = salvage(session, finished, output)
            if finished.exit_code == 0:
                complete = session.journal.complete and finished.complete
                return Applied(output.outputs, complete, tuple(output.diagnostics))
            error = session.error("apply", finished, output)
            return replace(
                error, salvaged=salvaged, diagnostics=(*error.diagnostics, *map(how_to_save, salvaged))
            )

    @contextmanager
    def _session(self, execution: Execution) -> Iterator[Session]:
        """Everything that is the same for all commands of the execution, and what may refuse it."""
        stack = execution.stack
        row = ENGINES[stack.engine]
        binary, version = self.version(stack.engine)
        check(
            row,
            stack.name,
            version,
            wanted(row, stack.engine_version, execution.workspace.module, self.settings.data_dir),
        )
        cli_config = self._cli_config()
        environment = child_environment(
            row,
            stack,
            execution.workspace,
            cli_config=cli_config,
            base=inherited(self.daemon, self.settings.engines.env),
            credentials=self.credentials.environment(stack.aws, execution.run, for_apply=execution.for_apply),
        )
        private_folder(execution.workspace.data)
        with Journal(execution.log) as journal:
            yield Session(row, binary, version, execution, environment, cli_config, journal)

    def _cli_config(self) -> Path:
        return write_cli_config(private_folder(self.folder), self.settings.engines)

    def _init(self, session: Session, inputs: initialised.InitInputs) -> EngineError | None:
        """Initialise the data directory, alone on the provider cache."""
        deadline = self._limit(session.execution, "init")
        initialised.forget(inputs)
        with alone(self.folder, session.execution.cancel, patience=deadline * INIT_TURNS) as lock:
            if lock is None:
                canceled = session.execution.cancel.is_set()
                told = (
                    "stopped on request" if canceled else "other inits kept the provider cache all the time"
                )
                return EngineError("init", 1, (Diagnostic("error", told),), canceled=canceled)
            locked = (inputs.module / initialised.LOCK_FILE).is_file()
            finished, output = self._run_init(session, lock, deadline, readonly=locked)
            if finished.exit_code == 0 and any(d.summary == CHECKSUMS_MISSING for d in output.diagnostics):
                # The lock file was made on another platform and has no checksum that `plan` could use. A second
                # run adds those of the packages whose download it has just verified, and changes no selection.
                finished, output = self._run_init(session, lock, deadline, readonly=False)
        if finished.exit_code != 0:
            return session.error("init", finished, output, deadline)
        initialised.remember(inputs)
        return None

    def _run_init(
        self, session: Session, lock: int, deadline: float, *, readonly: bool
    ) -> tuple[Finished, JsonOutput]:
        version, _ = parse(session.version)
        since = session.row.init_variables_since
        options = InitOptions(
            json=version >= session.row.init_json_since,
            readonly_lockfile=readonly,
            backend_config=session.backend_config(),
            var_files=session.var_files() if since is not None and version >= since else (),
        )
        has_lock_file = (session.execution.workspace.module / initialised.LOCK_FILE).is_file()
        return session.run(
            "init",
            init_argv(session.binary, options),
            deadline=deadline,
            shows_text=True,
            extra={} if has_lock_file else TRUST_CACHE,
            descriptors=(lock,),
        )

    def _plan(self, session: Session) -> tuple[Finished, JsonOutput]:
        execution = session.execution
        plan_file = session.scratch / PLAN_FILE
        plan_file.unlink(missing_ok=True)
        options = PlanOptions(
            out=plan_file,
            state=session.state,
            lock_timeout=round(self.settings.apply.lock_timeout) if execution.lock else None,
            parallelism=execution.stack.parallelism,
            var_files=session.var_files(),
            targets=execution.targets,
            destroy=execution.destroy,
        )
        return session.run(
            "plan", plan_argv(session.binary, options), deadline=self._limit(execution, "plan")
        )

    def _planned(self, session: Session, finished: Finished, output: JsonOutput) -> Planned | EngineError:
        """The document is asked for only where something changes."""
        plan_file = session.scratch / PLAN_FILE
        if not plan_file.is_file():
            error = session.error("plan", finished, output)
            told = Diagnostic("error", f"{session.row.name} plan ended well and wrote no plan file")
            return replace(error, diagnostics=(*output.diagnostics, told))
        planned = Planned(
            changed=finished.exit_code == 2,
            plan_file=plan_file,
            document=None,
            engine_version=output.version or session.version,
            drifted_addresses=tuple(output.drifted),
            diagnostics=tuple(output.diagnostics),
        )
        if not planned.changed:
            return planned
        deadline = float(self.settings.timeouts.show)
        shown, said = session.run("show", show_argv(session.binary, plan_file), deadline=deadline)
        if shown.exit_code != 0 or not shown.complete:
            return session.error("show", shown, said, deadline)
        shown_file = session.scratch / "show.jsonl"
        document = parse_document(shown_file.read_bytes())
        shown_file.unlink()
        return replace(planned, document=document, resource_count=_count(document.get("prior_state")))

    def _limit(self, execution: Execution, phase: str) -> float:
        own = getattr(execution.stack.timeouts, phase)
        return float(own if own is not None else getattr(self.settings.timeouts, phase))


def _count(state: Mapping[str, object] | None) -> int:
    """The managed resources that the state already has."""

    def below(module: Mapping[str, object]) -> int:
        resources, children = module.get("resources"), module.get("child_modules")
        own = sum(r.get("mode") == "managed" for r in resources) if isinstance(resources, list) else 0
        return own + (sum(map(below, children)) if isinstance(children, list) else 0)

    values = (state or {}).get("values")
    root = values.get("root_module") if isinstance(values, dict) else None
    return below(root) if isinstance(root, dict) else 0
