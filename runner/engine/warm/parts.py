"""What a plan is made from besides the answers of providers, as digests: whatever differs makes a recording useless."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runner import __version__
from runner.engine.outside_reads import outside
from runner.engine.session import Session
from runner.engine.state.digest import StateDigests
from runner.engine.versions.record import binary_digest
from runner.model.values.codec import to_plain
from runner.ports.engine import Fallback

if TYPE_CHECKING:
    from runner.probe.installed import Installed

FORM = 1
SIZE = 16  # bytes of a digest

Parts = Mapping[str, str]


def parts_of(
    session: Session, providers: "tuple[Installed, ...]", states: StateDigests, inputs: str
) -> Parts | Fallback:
    """By the names of `runner.model.warm.replay.PARTS`. `inputs` stands for the revision and what was read from it.

    The digests are keyed, for they cover secrets.
    """
    from runner.probe.launch import surroundings

    state = states.of(session)
    if isinstance(state, Fallback):
        return state
    execution, measured = session.execution, session.measured
    facts: dict[str, Any] = {
        # What may be recorded, and which answers are equal, is another question in another version.
        "form": [FORM, __version__],
        "code": [inputs, None if measured is None else [measured.lock_file, measured.modules]],
        "inputs": [
            to_plain(execution.stack),
            None if measured is None else measured.var_files,
            sorted(execution.outputs.items()),
            execution.targets,
            execution.destroy,
        ],
        "environment": [surroundings(session.environment), outside(session)],
        "contexts": session.contexts.marks,
        "engine": [
            str(session.binary),
            session.version,
            binary_digest(session.binary, session.cli_config.parent),
        ],
        "providers": [[one.address, one.version, one.checksum] for one in providers],
        "state": state,
    }
    return {name: _digest(execution.key, fact) for name, fact in facts.items()}


def _digest(key: bytes, fact: Any) -> str:
    content = json.dumps(fact, sort_keys=True, default=str).encode()
    return hashlib.blake2b(content, key=key, digest_size=SIZE).hexdigest()
