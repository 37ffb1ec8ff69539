"""AWS accounts: what they have belongs to callers who see everything; changes, to the stacks they touched."""

from collections.abc import Collection
from datetime import date, datetime

from runner.api.scope.seen import Seen
from runner.model.cloud_events.queue import QueueState
from runner.model.cloud_events.touched import names_of
from runner.model.inventory.coverage import Count, Gap
from runner.model.inventory.listing import CoveredDay, KeptResource, Listing, ResourceFilter
from runner.model.schedule.throttling import Throttle
from runner.model.suspects.event import TrailEvent


class SeenAccounts(Seen):
    def cloud_events(
        self, names: Collection[str], since: datetime, until: datetime, *, limit: int = 1000
    ) -> list[TrailEvent]:
        """Without those that touched something of a stack that one may not see."""
        found = self.whole.cloud_events(names, since, until, limit=limit)
        return [
            one
            for one in found
            if all(self.sees(of.stack) for of in self.whole.objects_called(names_of(one)))
        ]

    def cloud_events_of_nobody(self, since: datetime, *, limit: int = 1000) -> list[TrailEvent]:  # noqa: ARG002
        """They are about the account, and about no stack that one sees."""
        return []

    def knows_cloud_event(self, event: str) -> bool:
        return self.whole.knows_cloud_event(event)

    def queue_states(self) -> list[QueueState]:
        """They are of the installation."""
        return []

    def listings(self) -> list[Listing]:
        """Accounts belong to whoever sees everything."""
        return []

    def coverage_counts(self, listings: Collection[int]) -> list[Count]:  # noqa: ARG002 - see listings
        return []

    def listing_gaps(self, listings: Collection[int]) -> list[Gap]:  # noqa: ARG002 - see listings
        return []

    def kept_resources(self, where: ResourceFilter) -> list[KeptResource]:  # noqa: ARG002 - see listings
        return []

    def left_out_reasons(self, where: ResourceFilter) -> dict[str, int]:  # noqa: ARG002 - see listings
        return {}

    def kept_resource(self, arn: str) -> KeptResource | None:  # noqa: ARG002 - see listings
        return None

    def covered_days(self, since: date, where: ResourceFilter) -> list[CoveredDay]:  # noqa: ARG002 - see listings
        return []

    def throttles(self) -> dict[str, Throttle]:
        """Accounts belong to whoever sees everything."""
        return {}
