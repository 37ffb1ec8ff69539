"""Plan with warm providers. A failure here is not a failure of the check, which is then done plainly."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.engine.failure import bad_end
from runner.engine.plan import plan, planned
from runner.engine.redaction import Redaction
from runner.engine.session import Session
from runner.model.changes.changes import error_summary
from runner.model.drift.probe import ProbeReady, Provider
from runner.model.sandbox.labels import Confinement
from runner.model.sandbox.namespace import View
from runner.model.settings.server import Settings
from runner.ports.engine import EngineError, Fallback, Planned, Probed

if TYPE_CHECKING:
    from runner.probe.conversation import Seen
    from runner.probe.installed import Installed
    from runner.probe.prober import Prober

NAME = "probe"
# See `runner.engine.environment`. For the engine and the providers alike.
THRIFTY = {"GOMAXPROCS": "1"}


def probe_ready(session: Session) -> ProbeReady | Fallback:
    """After `init`: the engine and its providers, verified against the lock file."""
    providers = _installed(session)
    if isinstance(providers, Fallback):
        return providers
    ready = tuple(Provider(one.name, one.checksum) for one in providers)
    return ProbeReady(f"{session.binary} {session.version}", ready)


def probe(
    session: Session,
    prober: "Prober",
    types: Mapping[str, tuple[str, ...]] | None,
    settings: Settings,
    deadline: float,
) -> Probed | Fallback | EngineError:
    """Plan, with schemas reduced to these types, or complete."""
    from runner.probe.conversation import ProbeFailed

    providers = _installed(session)
    if isinstance(providers, Fallback):
        return providers
    cut = None if types is None else {address: frozenset(names) for address, names in types.items()}
    thrifty = replace(
        session,
        # Terraform stopped at a deadline can leave a lock behind, and the plain plan would be refused.
        execution=replace(session.execution, lock=False),
        environment={**THRIFTY, **session.environment},
    )
    try:
        with (
            meeting_in(thrifty) as (meeting, folder),
            prober.probing(providers, cut, command := meeting.command(NAME, ()), folder) as probing,
        ):
            finished, output = plan(
                replace(meeting, confined=_reaching(command.confine, probing.sockets)),
                settings,
                deadline,
                name=NAME,
                attach=probing.attach,
                on_start=probing.admit,
            )
    except (ProbeFailed, OSError) as error:
        return Fallback(session.redaction.text(str(error)))
    if finished.exit_code in {0, 2}:
        answer = planned(session, finished, output, 0.0, name=NAME)
    else:
        answer = bad_end(session, NAME, finished, output, deadline)
    return _judged(session.redaction, answer, probing.seen)


@contextmanager
def meeting_in(session: Session) -> Iterator[tuple[Session, Path | None]]:
    """With a TMPDIR for the providers' sockets that is the same folder for them and for the proxy."""
    own = session.command(NAME, ()).confine
    if not isinstance(own, View) or session.environment["TMPDIR"] == str(session.scratch):
        yield session, None
        return
    from runner.probe.folders import short_folder

    with short_folder() as folder:
        environment = {**session.environment, "TMPDIR": str(folder)}
        yield replace(session, environment=environment, confined=own.with_writable(str(folder))), folder


def _reaching(confine: Confinement | View | None, sockets: tuple[str, ...]) -> Confinement | View | None:
    """Landlock does not govern sockets; in namespaces only mounted paths exist."""
    return confine.with_files(sockets) if isinstance(confine, View) else confine


def _judged(
    redaction: Redaction, answer: Planned | EngineError, seen: "Seen | None"
) -> Probed | Fallback | EngineError:
    """Whether the answer counts: the slightest doubt requires a plain plan."""
    if isinstance(answer, EngineError) and answer.canceled:
        return answer
    if isinstance(answer, EngineError) and answer.timed_out:
        return Fallback(answer.diagnostics[-1].summary, late=True)
    if seen is None:
        return Fallback("the proxy exited too early")
    if seen.trouble:
        return Fallback(redaction.text(seen.trouble[0]))  # perhaps in a provider's own words
    if isinstance(answer, EngineError):
        return Fallback(error_summary(answer.diagnostics) or "it failed")
    return Probed(answer, seen.types)


def _installed(session: Session) -> "tuple[Installed, ...] | Fallback":
    from runner.probe.installed import Unverified, installed

    assert session.seal is not None
    try:
        return installed(session.seal.lock_file, session.seal.data, session.verified)
    except (Unverified, OSError) as error:
        return Fallback(str(error))
