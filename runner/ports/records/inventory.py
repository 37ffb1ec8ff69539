"""What the states of stacks have, and what the accounts have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.aws.place import Place
    from runner.model.inventory.coverage import Count, Gap, Judged
    from runner.model.inventory.listing import CoveredDay, KeptResource, Listing, ResourceFilter
    from runner.model.inventory.managed import ManagedObject
    from runner.model.inventory.state_object import KnownState, SeenObjects


class InventoryReader(Protocol):
    def known_state(self, stack: str) -> KnownState:
        """Up to which state its objects are on record."""
        ...

    def managed_objects(self) -> Iterator[ManagedObject]:
        """Of all stacks that are in Git."""
        ...

    def objects_called(self, names: Collection[str]) -> list[ManagedObject]:
        """Those with one of these ARNs, ids or names."""
        ...

    def unread_states(self) -> list[str]:
        """Stacks that were applied and whose objects are not on record."""
        ...


class ListingReader(Protocol):
    def listings(self) -> list[Listing]:
        """The newest one of each place."""
        ...

    def coverage_counts(self, listings: Collection[int]) -> list[Count]: ...
    def listing_gaps(self, listings: Collection[int]) -> list[Gap]: ...
    def kept_resources(self, where: ResourceFilter) -> list[KeptResource]:
        """What no stack manages, first what counts."""
        ...

    def left_out_reasons(self, where: ResourceFilter) -> dict[str, int]:
        """How many resources are left out for each reason."""
        ...

    def kept_resource(self, arn: str) -> KeptResource | None: ...
    def covered_days(self, since: date, where: ResourceFilter) -> list[CoveredDay]:
        """Oldest first, without days on which nothing was listed."""
        ...


class CoverageReader(InventoryReader, ListingReader, Protocol):
    """What accounts have, and what stacks manage."""


class ListingWriter(ListingReader, Protocol):
    def begin_listing(self, place: Place) -> int: ...
    def save_listed(self, listing: int, place: Place, found: Iterable[Judged]) -> None:
        """What no stack manages; the rest is only counted."""
        ...

    def end_listing(
        self, listing: int, place: Place, counts: Iterable[Count], gaps: Iterable[Gap]
    ) -> None: ...
    def forget_listed(self, places: Collection[Place]) -> None:
        """Of all other places."""
        ...

    def prune_listings(self, before: datetime) -> None: ...


class InventoryWriter(InventoryReader, Protocol):
    def save_objects(self, stack: str, seen: SeenObjects) -> None:
        """In place of those that are on record."""
        ...
