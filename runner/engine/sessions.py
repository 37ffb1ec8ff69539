"""The sessions of executions: each with its engine, its environment, its credentials and its sandbox."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event
from weakref import WeakKeyDictionary

from runner.engine.aws_secrets import fetch
from runner.engine.chosen import engine_for
from runner.engine.contexts import FromContexts, Giving, variables_of
from runner.engine.credentials import AwsCredentials
from runner.engine.environment import child_environment, inherited
from runner.engine.init import found
from runner.engine.initialised.cli_config import write_cli_config
from runner.engine.journal import Journal
from runner.engine.ready_sessions import ReadySessions
from runner.engine.sandbox_policy import SandboxPolicy
from runner.engine.session import Session
from runner.engine.state.lock import Looking
from runner.engine.versions.inventory import Inventory, installed_in
from runner.errors import DriftlineError
from runner.host.files import private_folder
from runner.model.code.engines import ENGINES
from runner.model.settings.server import Settings
from runner.ports.basics import Cancel
from runner.ports.engine import Execution

CHECKS = "checks"  # for the session name: a provider that checks share has the credentials of one session


class Sessions:
    """Those of one installation. `daemon` is the daemon's environment; `hidden` are files that no run may see."""

    def __init__(self, settings: Settings, daemon: Mapping[str, str], hidden: tuple[Path, ...]) -> None:
        self.settings = settings
        self.daemon = daemon
        self.hidden = hidden
        self.folder = settings.data_dir / "engine"
        self.ready = ReadySessions()
        self._credentials = AwsCredentials()
        # By what cancels the phase of a run: gone when that is.
        self._giving: WeakKeyDictionary[Cancel, dict[tuple[str, bool], Giving]] = WeakKeyDictionary()

    @cached_property
    def inventory(self) -> Inventory:
        quiet = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(self._cli_config())}
        own = installed_in(self.settings.data_dir)
        return Inventory(self.folder, self.settings.engines, {**inherited(self.daemon, ()), **quiet}, own)

    @contextmanager
    def open(self, execution: Execution) -> Iterator[Session]:
        """Everything shared by all commands of the execution, and the checks that may refuse it."""
        self.ready.forget(execution)
        row = ENGINES[execution.stack.engine]
        chosen = engine_for(execution, self.inventory)
        handed, cli_config = self.handed(), self._cli_config()
        contexts = self._contexts(execution, handed)
        environment = self._environment(execution, contexts, handed, cli_config)
        private_folder(execution.workspace.data)
        with Journal(execution.log) as journal:
            yield Session(
                row,
                Path(chosen.path),
                chosen.version,
                execution,
                environment,
                cli_config,
                journal,
                self.sandbox_policy(handed),
                contexts=contexts,
            )

    @contextmanager
    def known(self, execution: Execution) -> Iterator[tuple[Session, Session | None]]:
        """For commands that start no engine: the session of the execution's `init`, if nothing was started since;
        otherwise a new one. With the results of `init`, if there are valid ones.
        """
        ready = self.ready.of(execution)
        if ready is None:
            with self.open(execution) as session:
                yield session, found(session)
            return
        with Journal(execution.log) as journal:
            ready = replace(ready, journal=journal)
            yield ready, ready

    @contextmanager
    def without_engine(self, execution: Execution) -> Iterator[Session]:
        """For what starts nothing: no binary, no credentials, no values of contexts."""
        row = ENGINES[execution.stack.engine]
        handed, cli_config = self.handed(), self._cli_config()
        environment = child_environment(
            row,
            execution.stack,
            execution.workspace,
            cli_config=cli_config,
            base=handed,
            contexts={},
            credentials={},
        )
        with Journal(execution.log) as journal:
            yield Session(
                row,
                Path(row.name),
                "",
                execution,
                environment,
                cli_config,
                journal,
                self.sandbox_policy(handed),
            )

    def looking(self, session: Session) -> Looking:
        """For reading the state of an apply: with unexpired credentials, and without its locks."""

        def look() -> Session | None:
            execution = session.execution
            try:
                chosen = engine_for(execution, self.inventory)
                handed = self.handed()
                contexts = self._contexts(execution, handed, place=False)
                environment = self._environment(execution, contexts, handed, self._cli_config())
            except (DriftlineError, OSError):
                return None
            own = replace(execution, cancel=execution.leave or Event(), claim=None)
            return replace(
                session,
                binary=Path(chosen.path),
                version=chosen.version,
                environment=environment,
                execution=own,
            )

        return look

    def handed(self) -> dict[str, str]:
        """The part of the daemon's environment that runs get."""
        return inherited(self.daemon, self.settings.engines.env)

    def sandbox_policy(self, handed: Mapping[str, str]) -> SandboxPolicy:
        return SandboxPolicy(self.settings, self.hidden, handed, self.daemon)

    def _contexts(
        self, execution: Execution, handed: Mapping[str, str], *, place: bool = True
    ) -> FromContexts:
        """Each value is resolved once for all commands of a run's phase, so that what was compared is used."""
        known = self._giving.setdefault(execution.cancel, {})
        key = (execution.run, execution.for_apply)
        if key not in known:
            known[key] = Giving(self.settings.contexts, execution, self.daemon, fetch)
        outputs = variables_of(execution)
        base = {**handed, **execution.stack.env, **outputs}
        return known[key].given(base, place=place).over(outputs, execution.output_secrets)

    def _environment(
        self, execution: Execution, contexts: FromContexts, handed: Mapping[str, str], cli_config: Path
    ) -> dict[str, str]:
        """With the role's credentials, for planning or for applying."""
        stack = execution.stack
        return child_environment(
            ENGINES[stack.engine],
            stack,
            execution.workspace,
            cli_config=cli_config,
            base=handed,
            contexts=contexts.environment,
            credentials=self._credentials.environment(
                stack.aws, CHECKS if execution.check else execution.run, for_apply=execution.for_apply
            ),
            served=execution.served,
        )

    def _cli_config(self) -> Path:
        return write_cli_config(private_folder(self.folder), self.settings.engines)
