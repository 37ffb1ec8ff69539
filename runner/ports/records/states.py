"""Versions of managed states, terraform's locks on served ones, and the tokens of runs that may use those."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.state.header import Header
    from runner.model.state.served import ServedLock, StateToken
    from runner.model.state.version import KeptState, Origin, StateKey, StateVersion


class StateReader(Protocol):
    def state_versions(self, key: StateKey) -> list[StateVersion]:
        """Newest first."""
        ...

    def newest_state(self, key: StateKey) -> StateVersion | None: ...

    def kept_states(self) -> list[KeptState]:
        """Every state of which there are versions."""
        ...

    def state_file_equal(self, key: StateKey) -> str | None:
        """The digest of the file that local runs use, and of the newest version, when they were last the same."""
        ...

    def served_lock(self, key: StateKey) -> ServedLock | None: ...

    def served_locks(self) -> list[ServedLock]: ...

    def state_tokens(self, run: int) -> list[StateToken]: ...


class StateWriter(StateReader, Protocol):
    def add_state_version(
        self, key: StateKey, header: Header, digest: str, size: int, origin: Origin, by: str
    ) -> StateVersion:
        """Its bytes were kept before. It becomes the newest one, under a number that was never used."""
        ...

    def note_state_file(self, key: StateKey, digest: str) -> None: ...

    def remove_state_version(self, key: StateKey, number: int) -> None: ...

    def take_served_lock(self, lock: ServedLock) -> None: ...

    def release_served_lock(self, key: StateKey) -> None: ...

    def save_state_token(self, token: StateToken) -> None:
        """Beside those that the run has. All of them end with the run."""
        ...

    def extend_state_tokens(self, run: int, until: datetime) -> None: ...

    def revoke_state_tokens(self, run: int) -> None: ...
