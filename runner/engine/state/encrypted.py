"""The state behind an encrypted plan: OpenTofu writes its lineage and serial in clear, and not how many objects it has."""

import zipfile
from dataclasses import replace
from pathlib import Path

from runner.engine.session import Session
from runner.engine.state.lock import remote_mark
from runner.engine.state.mark import saved_state
from runner.engine.state.process import StateMark


def encrypted_mark(session: Session, plan_file: Path) -> StateMark | None:
    """As it is right after the plan; None if the plan is not encrypted, or there is no state."""
    if zipfile.is_zipfile(plan_file) or not session.row.encrypts:
        return None
    if session.state is not None:
        found = saved_state(session, session.state)
        return None if found is None else replace(found, resources=None)
    seen = remote_mark(session)
    return None if seen is None or seen.serial is None else StateMark(seen.lineage, seen.serial)
