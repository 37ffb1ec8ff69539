"""Managed states by the folder that a stack keeps them in, the outputs of states, and the objects in them."""

from collections.abc import Collection, Iterator
from functools import cached_property

from runner.api.scope.seen import Seen
from runner.model.inventory.managed import ManagedObject
from runner.model.inventory.state_object import KnownState
from runner.model.outputs.known import KnownOutputs
from runner.model.state.served import ServedLock, StateToken
from runner.model.state.version import KeptState, StateKey, StateVersion


class SeenStates(Seen):
    def state_versions(self, key: StateKey) -> list[StateVersion]:
        return self.whole.state_versions(key) if self._sees_state(key) else []

    def newest_state(self, key: StateKey) -> StateVersion | None:
        return self.whole.newest_state(key) if self._sees_state(key) else None

    def kept_states(self) -> list[KeptState]:
        return [one for one in self.whole.kept_states() if self._sees_state(one.key)]

    def state_file_equal(self, key: StateKey) -> str | None:
        return self.whole.state_file_equal(key) if self._sees_state(key) else None

    def served_lock(self, key: StateKey) -> ServedLock | None:
        return self.whole.served_lock(key) if self._sees_state(key) else None

    def served_locks(self) -> list[ServedLock]:
        return [one for one in self.whole.served_locks() if self._sees_state(one.key)]

    def state_tokens(self, run: int) -> list[StateToken]:  # noqa: ARG002 - of the protocol
        return []

    def _sees_state(self, key: StateKey) -> bool:
        return key in self._states

    @cached_property
    def _states(self) -> frozenset[StateKey]:
        return frozenset(map(StateKey.of, self.stacks()))

    def known_outputs(self, stacks: Collection[str] | None = None) -> dict[str, KnownOutputs]:
        return self.whole.known_outputs(stacks)

    def owners(self, identities: Collection[str]) -> dict[str, str]:
        return {key: stack for key, stack in self.whole.owners(identities).items() if self.sees(stack)}

    def outputs_used(self, stack: str, identity: str) -> bool:
        return self.whole.outputs_used(stack, identity)

    def known_state(self, stack: str) -> KnownState:
        return self.whole.known_state(stack)

    def managed_objects(self) -> Iterator[ManagedObject]:
        return (one for one in self.whole.managed_objects() if self.sees(one.stack))

    def objects_called(self, names: Collection[str]) -> list[ManagedObject]:
        return self._only(self.whole.objects_called(names), lambda one: one.stack)

    def unread_states(self) -> list[str]:
        return self._only(self.whole.unread_states(), str)
