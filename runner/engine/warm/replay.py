"""A check by replay: what an earlier clean check asked of the providers is asked again, without terraform.

It can only answer "clean". Whatever is not known to be equal is a reason to start terraform.
"""

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runner.engine.session import Session
from runner.engine.warm.meeting import commanded
from runner.engine.warm.parts import parts_of
from runner.engine.warm.providers import EXCHANGED, THRIFTY, installed_providers
from runner.engine.warm.recording import Clean, Record, Replays
from runner.engine.warm.sharing import serving
from runner.model.warm.replay import NOT_RECORDED, moved
from runner.ports.engine import Fallback, Planned

if TYPE_CHECKING:
    from runner.probe.installed import Installed

SLACK_SECONDS = 10.0  # beside the duration of the recorded check
SAID = "{} answers of {} are as recorded, so terraform was not started"


def replay(session: Session, replays: Replays, inputs: str) -> Planned | Fallback:
    """The plan of the recorded check, if every answer is the recorded one."""
    providers = installed_providers(session)
    if isinstance(providers, Fallback):
        return providers
    name = session.execution.stack.name
    content = replays.recordings.get(name)
    if content is None:
        return Fallback(NOT_RECORDED)
    now = parts_of(session, providers, replays.states, inputs)
    if isinstance(now, Fallback):
        return now
    try:
        record = Record.unpacked(content)
        if changed := moved(record.parts, now):
            return Fallback(changed)
        return _asked_again(session, providers, record, replays)
    except (ValueError, TypeError, KeyError):
        replays.recordings.forget(name)
        return Fallback("its recording cannot be read")


def _asked_again(
    session: Session, providers: "tuple[Installed, ...]", record: Record, replays: Replays
) -> Planned | Fallback:
    from runner.probe.recording import unpacked
    from runner.probe.replay.link import LinkFailed
    from runner.probe.replay.process import Patience
    from runner.probe.replay.replay import Differs
    from runner.probe.replay.replay import replay as ask

    recorded = unpacked(record.calls)
    until = time.monotonic() + SLACK_SECONDS + record.seconds
    thrifty = replace(session, environment={**THRIFTY, **session.environment})
    try:
        asked = serving(thrifty, providers, replays.shared, replays.folder, partial(commanded, thrifty))
        patience = Patience(until, session.execution.cancel.is_set)
        count = ask(providers, recorded, bytes.fromhex(record.key), asked, patience)
    except Differs as differs:
        return Fallback(session.redaction.text(str(differs)), differs=True)
    except (LinkFailed, OSError) as error:
        return Fallback(session.redaction.text(str(error)))
    if installed_providers(session) != providers:  # a look at its files, not at their bytes
        return Fallback(EXCHANGED)
    session.journal.write([SAID.format(count, ", ".join(one.name for one in providers))])
    return _planned(session, record.clean)


def _planned(session: Session, clean: Clean) -> Planned:
    return Planned(
        changed=False,
        destroys=False,
        plan_file=session.control / "none.tfplan",
        document=None,
        engine_version=clean.engine_version,
        drifted_addresses=clean.drifted_addresses,
        diagnostics=clean.diagnostics,
        warnings=clean.warnings,
        facts=clean.facts,
        secrets=session.redaction.secrets,
        credentials=session.redaction.credentials,
        context_secrets=session.contexts.secrets,
    )
