"""What is known of the outputs in stacks' states, by keyed digests."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.outputs.known import KnownOutputs, SeenOutputs


class OutputReader(Protocol):
    def known_outputs(self, stacks: Collection[str] | None = None) -> dict[str, KnownOutputs]:
        """Of these stacks, or of all of which any are known."""
        ...

    def owners(self, identities: Collection[str]) -> dict[str, str]:
        """The stacks that keep these states, by the digest of the state's identity."""
        ...

    def outputs_used(self, stack: str, identity: str) -> bool:
        """Whether another stack may use outputs of this one, whose state has this identity."""
        ...


class OutputWriter(OutputReader, Protocol):
    def save_known_outputs(self, stack: str, run: int, seen: SeenOutputs) -> None:
        """The run has the values as an artifact."""
        ...

    def forget_outputs(self, stack: str) -> None:
        """What the state has is not known any longer."""
        ...
