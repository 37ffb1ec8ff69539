"""What exists in the accounts of the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.aws.place import Place
    from runner.model.inventory.coverage import Gap
    from runner.model.inventory.resource import CloudResource


class Inventory(Protocol):
    def places(self, account: str | None = None, region: str | None = None) -> tuple[Place, ...]:
        """Those of the configuration, of this account and region; the lists that an account has once are a place, too."""
        ...

    def resources(self, place: Place) -> Iterator[CloudResource | Gap]:
        """One by one, as they are listed; gaps where something could not be."""
        ...
