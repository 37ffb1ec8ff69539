"""Plan and show with warm providers. Where that fails, both are done plainly."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.engine.failure import bad_end
from runner.engine.json_output import JsonOutput
from runner.engine.modules.types import types_in_code
from runner.engine.plan import plan, planned, show
from runner.engine.session import Session
from runner.engine.warm.meeting import NAME, command_in, meeting_in
from runner.engine.warm.providers import EXCHANGED, THRIFTY, installed_providers
from runner.engine.warm.recording import Recording, Replays, recording
from runner.model.changes.changes import error_summary
from runner.model.sandbox.namespace import View
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.model.warm.provider import Provider, Ready, Types
from runner.ports.engine import EngineError, Fallback, Planned, Probed
from runner.process.run import Finished

if TYPE_CHECKING:
    from runner.probe.conversation import Seen
    from runner.probe.installed import Installed
    from runner.probe.prober import Probe, Prober

SHOW = "probe-show"
# What terraform and OpenTofu say of a type that a schema does not have: internal/terraform, internal/command/jsonplan.
LACKING = re.compile(r"does not support (?:resource type|data source)|[Nn]o schema|Missing resource schema")


def probe_ready(session: Session) -> Ready | Fallback:
    """After `init`: the engine and its providers, verified against the lock file."""
    providers = installed_providers(session) if session.providers is None else session.providers
    if isinstance(providers, Fallback):
        return providers
    ready = tuple(Provider(one.name, one.checksum) for one in providers)
    return Ready(f"{session.binary} {session.version}", ready)


def probe(
    session: Session,
    prober: "Prober",
    types: Types | None,
    settings: Settings,
    deadline: float,
    *,
    replays: Replays | None = None,
    inputs: str = "",
) -> Probed | Fallback | EngineError:
    """Plan, and show what changes, with schemas reduced to these types and those in the code, or complete.

    With `replays`, the calls of a plan without changes can be kept; `inputs` is what they are valid for.
    """
    from runner.probe.conversation import ProbeFailed

    providers = installed_providers(session)
    if isinstance(providers, Fallback):
        return providers
    cut = None if types is None else _cut(session, providers, types)
    record = None if replays is None else recording(session, providers, replays, inputs)
    key = record.key if isinstance(record, Recording) else None
    try:
        with _warm(session, prober, providers, cut, early=True, record=key) as warm:
            answer, output = _planned(session, warm, settings, deadline)
    except (ProbeFailed, OSError) as error:
        return Fallback(session.redaction.text(str(error)))
    if installed_providers(session) != providers:  # a look at its files, not at their bytes
        return Fallback(EXCHANGED)
    judged = _judged(session, answer, warm.probing.seen)
    if record is None or not isinstance(judged, Probed) or judged.planned.changed:
        return judged
    if isinstance(record, Fallback):
        why = record.reason
        return replace(judged, keep=lambda: why)
    calls = None if warm.probing.seen is None else warm.probing.seen.recorded
    return replace(judged, keep=partial(record.keep, judged.planned, output, calls))


def _planned(
    session: Session, warm: "Warm", settings: Settings, deadline: float
) -> tuple[Planned | EngineError, JsonOutput]:
    finished, output = plan(warm.session, settings, deadline, name=NAME, run=warm.run)
    if finished.exit_code not in {0, 2}:
        return bad_end(session, NAME, finished, output, deadline), output
    answer = planned(session, finished, output, name=NAME)
    if isinstance(answer, EngineError) or not answer.changed:
        return answer, output
    seconds = float(settings.timeouts.show)
    run = partial(warm.run, plan_file=answer.plan_file)
    return show(session, answer, seconds, name=SHOW, run=run), output


def show_warm(
    session: Session, prober: "Prober", types: Types, found: Planned, seconds: float
) -> Planned | EngineError | None:
    """Show a plan with schemas from the cache; None if that did not work. It starts no provider."""
    from runner.probe.conversation import ProbeFailed

    providers = installed_providers(session)
    if isinstance(providers, Fallback) or not providers:
        return None
    try:
        with _warm(session, prober, providers, _cut(session, providers, types), early=False) as warm:
            answer = show(session, found, seconds, run=partial(warm.run, plan_file=found.plan_file))
    except (ProbeFailed, OSError):
        return None
    judged = _judged(session, answer, warm.probing.seen)
    return (
        judged.planned if isinstance(judged, Probed) else judged if isinstance(judged, EngineError) else None
    )


def _cut(session: Session, providers: "Sequence[Installed]", types: Types) -> dict[str, frozenset[str]]:
    """A type of the code may belong to any provider; a name that one does not have reduces nothing."""
    in_code = _types_in_code(session)
    return {one.address: in_code | frozenset(types.get(one.address, ())) for one in providers}


def _types_in_code(session: Session) -> frozenset[str]:
    if session.seal is None or session.read is None:
        return frozenset()
    return types_in_code(session.seal.manifest.modules, session.read, session.seal.data, session.row.suffixes)


@dataclass(frozen=True)
class Warm:
    """The commands of one probe."""

    session: Session
    folder: Path | None  # for the providers' sockets, where that is not the run's own
    probing: "Probe"

    def run(
        self, name: str, argv: tuple[str, ...], *, deadline: float | None, plan_file: Path | None = None
    ) -> tuple[Finished, JsonOutput]:
        own = replace(self.session, plan_file=plan_file)
        confined = command_in(own, self.folder, name).confine
        if isinstance(confined, View):  # only there: Landlock does not govern sockets
            confined = confined.with_files(self.probing.sockets)
        attached = self.probing.attach(argv)
        return replace(own, confined=confined).run(
            name, attached, deadline=deadline, on_start=self.probing.admit
        )


@contextmanager
def _warm(
    session: Session,
    prober: "Prober",
    providers: "Sequence[Installed]",
    cut: Mapping[str, frozenset[str]] | None,
    *,
    early: bool,
    record: bytes | None = None,
) -> Iterator[Warm]:
    thrifty = replace(session, environment={**THRIFTY, **session.environment})
    with meeting_in(thrifty) as (meeting, folder):
        command = command_in(meeting, folder)
        with prober.probing(providers, cut, command, folder, early=early, record=record) as probing:
            yield Warm(meeting, folder, probing)


def _judged(
    session: Session, answer: Planned | EngineError, seen: "Seen | None"
) -> Probed | Fallback | EngineError:
    """Whether the answer counts: the slightest doubt requires a plain plan."""
    if isinstance(answer, EngineError):
        # A second try would wait for the state's lock again. Also said by one that was stopped while it waited.
        if answer.canceled or (session.execution.lock and answer.state_locked):
            return answer
        if answer.timed_out:
            return Fallback(answer.diagnostics[-1].summary)
    if seen is None:
        return Fallback("the proxy exited too early")
    if seen.trouble:
        return Fallback(session.redaction.text(seen.trouble[0]))  # perhaps in a provider's own words
    if isinstance(answer, EngineError):
        said = " ".join(f"{one.summary} {one.detail}" for one in answer.diagnostics)
        return Fallback(
            error_summary(answer.diagnostics) or "it failed", lacks=LACKING.search(said) is not None
        )
    return Probed(answer, seen.types)
