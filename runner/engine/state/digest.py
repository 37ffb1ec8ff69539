"""Which bytes a stack's state has, told without the engine: from its file, or from what its bucket says about it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from runner.engine.initialised.seal import BACKEND
from runner.engine.session import Session
from runner.engine.state.bucket import Buckets
from runner.engine.state.unknown_state import UnknownState
from runner.host.files import LARGEST_STATE, read_foreign
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.ports.engine import Fallback

_RECORD = 1 << 20  # bytes of a backend record
_FILE, _FOLDER = "terraform.tfstate", "terraform.tfstate.d"  # of the local backend
MISSING = "missing"


class Backend(Protocol):
    """Describes a state's bytes; UnknownState if it cannot. `config` is what `init` recorded, without empty settings."""

    def __call__(self, config: Mapping[str, Any], session: Session) -> object: ...


def _local(config: Mapping[str, Any], session: Session) -> str:
    module, workspace = session.execution.workspace.module, session.execution.stack.terraform_workspace
    if workspace == DEFAULT_WORKSPACE:
        return _of_file(module / (config.get("path") or _FILE))
    return _of_file(module / (config.get("workspace_dir") or _FOLDER) / workspace / _FILE)


@dataclass(frozen=True)
class StateDigests:
    """One for all stacks: clients are kept. Safe for threads."""

    buckets: Buckets = field(default_factory=Buckets)

    def of(self, session: Session) -> str | Fallback:
        """The same answer means the same bytes at the same place; a reason if that is not known.

        The backend is the one that the session's seal recorded, with the values of `-backend-config`.
        """
        try:
            return self._digest(session)
        except UnknownState as problem:
            return Fallback(str(problem))
        except OSError as error:
            return Fallback(f"the state cannot be read: {error.strerror or type(error).__name__}")

    def _digest(self, session: Session) -> str:
        if session.state is not None:
            return _as_text("managed", _of_file(session.state))
        kind, config = _recorded(session)
        known: dict[str, Backend] = {"local": _local, "s3": self._in_bucket}
        if kind not in known:
            raise UnknownState(f"a change of a state in the {kind} backend cannot be noticed cheaply")
        return _as_text(kind, known[kind](config, session))

    def _in_bucket(self, config: Mapping[str, Any], session: Session) -> object:
        workspace = session.execution.stack.terraform_workspace
        return self.buckets.head(config, session.environment, workspace)


def _of_file(path: Path) -> str:
    """Also tells two empty or missing ones apart by their paths."""
    try:
        content = read_foreign(path, LARGEST_STATE)
    except FileNotFoundError:
        return f"{path} {MISSING}"
    return f"{path} {hashlib.sha256(content).hexdigest()}"


def _recorded(session: Session) -> tuple[str, dict[str, Any]]:
    """Type and settings of the backend, from the sealed record; UnknownState if it was altered.

    Only a seal that was found for this code counts: the newest one may be of a revision with another backend.
    """
    if session.read is None:
        raise UnknownState("no init of this code is known")
    if session.seal is None or BACKEND not in session.seal.manifest.files:
        raise UnknownState("no backend is recorded")
    content = read_foreign(session.seal.data / BACKEND, _RECORD)
    if hashlib.sha256(content).hexdigest() != session.seal.manifest.files[BACKEND][1]:
        raise UnknownState("the record of the backend was altered")
    try:
        backend = json.loads(content)["backend"]
        kind, config = str(backend["type"]), dict(backend["config"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnknownState("the record of the backend is unclear") from None
    return kind, {name: value for name, value in config.items() if value not in (None, False, [], {})}


def _as_text(kind: str, found: object) -> str:
    return f"{kind} {hashlib.sha256(json.dumps([kind, found]).encode()).hexdigest()}"
