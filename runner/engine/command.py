"""The engine: init if needed, plan, show, apply. Satisfies `ports.Engine`."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from runner.engine.apply import adopt, begin
from runner.engine.argv import ApplyOptions, apply_argv
from runner.engine.facts import facts_of
from runner.engine.failure import bad_end
from runner.engine.init import found, initialise
from runner.engine.journal import Journal
from runner.engine.json_output import NEEDS_INIT, JsonOutput
from runner.engine.plan import plan, planned, show
from runner.engine.session import Session
from runner.engine.sessions import Sessions
from runner.engine.state.digest import StateDigests
from runner.engine.state.lock import force_unlock, held_by
from runner.engine.state.objects import read_objects
from runner.engine.state.outputs import read_outputs
from runner.engine.state.workspace import is_missing
from runner.engine.warm.probe import probe, probe_ready, show_warm
from runner.engine.warm.recording import Replays
from runner.engine.warm.replay import replay
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.code.surroundings import Surroundings
from runner.model.engine.choice import Installed
from runner.model.inventory.state_object import SeenObjects
from runner.model.outputs.known import StateOutput
from runner.model.settings.server import Settings
from runner.model.stack.lock import StateLock
from runner.model.warm.probe import deadline
from runner.model.warm.provider import Ready, Types
from runner.model.warm.replay import NOT_RECORDED
from runner.ports.engine import ApplyEnd, EngineError, Execution, Fallback, Planned, Probed
from runner.process.run import Finished

if TYPE_CHECKING:
    from runner.ports.keeping import Sealing
    from runner.probe.prober import Prober


class CommandLineEngine:
    """The engines of one installation. `apply` raises only before it has started terraform."""

    def __init__(
        self,
        settings: Settings,
        daemon: Mapping[str, str] | None = None,
        hidden: tuple[Path, ...] = (),
        seal: "Sealing | None" = None,
    ) -> None:
        """`hidden` are files that no run may see, in addition to those in the settings. `seal` is for recordings."""
        self.settings = settings
        self.seal = seal
        self.sessions = Sessions(settings, os.environ if daemon is None else daemon, hidden)

    @cached_property
    def prober(self) -> "Prober":
        from runner.probe.prober import Prober

        return Prober(self.settings.data_dir / "probe")

    def close(self) -> None:
        """End the processes that wait for the next check."""
        self.prober.close()
        if self.replays is not None:
            self.replays.shared.close()

    @cached_property
    def replays(self) -> "Replays | None":
        """None without a seal for what is recorded."""
        if self.seal is None:
            return None
        from runner.probe.recordings import RECORDINGS, Recordings
        from runner.probe.replay.shared import SharedProviders

        folder = self.settings.data_dir / "probe"
        shared = SharedProviders(folder)
        finalize(self, shared.close)
        return Replays(
            folder, Recordings(self.settings.data_dir / RECORDINGS, self.seal), shared, StateDigests()
        )

    def installed(self, engine: str) -> tuple[Installed, ...]:
        return self.sessions.inventory.look(engine)

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.settings.contexts, self.settings.engines.env, self.sessions.handed())

    def digest(self, one: Installed) -> str:
        return self.sessions.inventory.digest(one)

    def init(self, execution: Execution) -> EngineError | None:
        with self.sessions.open(execution) as session:
            ready = found(session)
            if ready is not None:
                self.sessions.ready.keep(ready)
                return None
            made = self._init(session)
            return made if isinstance(made, EngineError) else None

    def plan(self, execution: Execution) -> Planned | EngineError:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            if isinstance(ready, EngineError):
                return ready
            limit = self._limit(execution, "plan")
            finished, output = plan(ready, self.settings, limit)
            if self._needs_init(ready, finished, output):
                # The sealed copy does not match what terraform needs. Planning changes nothing, so it may be repeated.
                ready = self._init(session)
                if isinstance(ready, EngineError):
                    return ready
                finished, output = plan(ready, self.settings, limit)
            if finished.exit_code not in {0, 2}:
                return bad_end(ready, "plan", finished, output, limit)
            found = planned(ready, finished, output)
            if isinstance(found, EngineError) or not found.changed:
                return found
            return replace(found, show=partial(self._shown, ready, found))

    def _shown(self, ready: Session, found: Planned, types: Types | None) -> Planned | EngineError:
        seconds = float(self.settings.timeouts.show)
        with Journal(ready.execution.log) as journal:
            session = replace(ready, journal=journal)
            warm = None if types is None else show_warm(session, self.prober, types, found, seconds)
            return show(session, found, seconds) if warm is None else warm

    def probe_ready(self, execution: Execution) -> Ready | Fallback | EngineError:
        with self.sessions.known(execution) as (session, known):
            ready = known or self._init(session)
            return ready if isinstance(ready, EngineError) else probe_ready(ready)

    def replay(self, execution: Execution, inputs: str) -> Planned | Fallback | EngineError:
        if self.replays is None:
            return Fallback(NOT_RECORDED)
        with self.sessions.known(execution) as (_, ready):
            if ready is None:
                return Fallback("the result of init is no longer valid")
            return replay(ready, self.replays, inputs)

    def probe(
        self, execution: Execution, types: Types | None, seconds: float, inputs: str | None = None
    ) -> Probed | Fallback | EngineError:
        with self.sessions.open(execution) as session:
            ready = found(session)
            if ready is None:
                return Fallback("the result of init is no longer valid")
            limit = self._limit(execution, "plan")
            waits = self.settings.apply.lock_timeout if execution.lock else 0
            return probe(
                ready,
                self.prober,
                types,
                self.settings,
                min(deadline(seconds, limit) + waits, limit),
                replays=None if inputs is None else self.replays,
                inputs=inputs or "",
            )

    def forget_provider(self, checksum: str) -> None:
        self.prober.cache.forget(checksum)

    def apply(self, execution: Execution, plan_file: Path, digest: str) -> ApplyEnd:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            if isinstance(ready, EngineError):
                return ready
            options = ApplyOptions(
                plan_file=plan_file,
                state=session.state,
                lock_timeout=round(self.settings.apply.lock_timeout),
                parallelism=execution.stack.parallelism,
                var_files=ready.var_files_of_apply(),
            )
            if execution.cancel.is_set():
                diagnostic = Diagnostic("error", "stopped on request before it started")
                return EngineError("apply", 1, (diagnostic,), canceled=True)
            argv = apply_argv(session.binary, options)
            own = replace(ready, plan_file=plan_file)
            try:
                return begin(own, argv, plan_file, digest, self.sessions.looking(ready))
            finally:
                self._forget_reads()

    def facts(self, execution: Execution, plan_file: Path) -> EngineFacts | EngineError:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            return ready if isinstance(ready, EngineError) else facts_of(ready, plan_file)

    def adopt(self, execution: Execution, digest: str) -> ApplyEnd:
        """Nothing is started, so it does not matter which binary is installed now, if any."""
        with self.sessions.without_engine(execution) as plain:
            session = plain.with_newest_seal()
            try:
                return adopt(session, digest, self.sessions.looking(session))
            finally:
                self._forget_reads()

    def outputs(self, execution: Execution) -> Mapping[str, StateOutput] | EngineError:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            return ready if isinstance(ready, EngineError) else read_outputs(ready)

    def objects(self, execution: Execution) -> SeenObjects | None:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            return None if isinstance(ready, EngineError) else read_objects(ready)

    def state_lock(self, execution: Execution) -> StateLock | EngineError | None:
        with self.sessions.open(execution) as session:
            ready = self._ready(session)
            return ready if isinstance(ready, EngineError) else held_by(ready)

    def force_unlock(self, execution: Execution, lock_id: str) -> EngineError | None:
        with self.sessions.open(execution) as session:
            return force_unlock(session.with_newest_seal(), lock_id)

    def _forget_reads(self) -> None:
        """An apply may have changed what providers that checks share have read."""
        if self.replays is not None:
            self.replays.shared.renew()

    def _ready(self, session: Session) -> Session | EngineError:
        """With the results of `init`, which is run if needed."""
        return found(session) or self._init(session)

    def _needs_init(self, ready: Session, finished: Finished, output: JsonOutput) -> bool:
        """Whether a plan failed for a reason that init fixes; somebody may have deleted the workspace since
        the last one.
        """
        if ready.initialised or finished.exit_code in {0, 2}:
            return False
        return output.says(NEEDS_INIT) or is_missing(ready, self._limit(ready.execution, "init"))

    def _init(self, session: Session) -> Session | EngineError:
        limit = self._limit(session.execution, "init")
        return initialise(session, limit, self.settings.engines.plugin_mirror)

    def _limit(self, execution: Execution, phase: str) -> float:
        own = getattr(execution.stack.timeouts, phase)
        return float(own if own is not None else getattr(self.settings.timeouts, phase))
