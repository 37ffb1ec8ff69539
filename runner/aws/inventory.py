"""Listing what an account has, page by page: nothing but tags that name an owner is kept in memory."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from jmespath.exceptions import JMESPathError

from runner.aws.cloud import Cloud
from runner.aws.listers.lister import Around, Call, Each, Lister, found, items_of, resource_of
from runner.aws.listers.table import LISTERS
from runner.aws.listers.unlisted import Unlisted, config_pages, tagged_pages
from runner.errors import (
    AwsAccountDiffers,
    AwsDenied,
    AwsGone,
    AwsIdentityMissing,
    CredentialsFailed,
    DriftlineError,
    Interrupted,
)
from runner.model.aws.place import Place
from runner.model.inventory.coverage import Gap
from runner.model.inventory.left_out import Reason
from runner.model.inventory.resource import GLOBAL, CloudResource

EVERYTHING = "everything"
_SHUT = (AwsAccountDiffers, AwsIdentityMissing, CredentialsFailed)
# Where services that an account has once tell their tags.
_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


class AwsInventory:
    """Satisfies `ports.Inventory`."""

    def __init__(self, cloud: Cloud, listers: tuple[Lister, ...] = LISTERS) -> None:
        self._cloud = cloud
        self._calls = _by_call(listers)
        # Of buckets, whose tags are told in their regions and which are listed once for all of them.
        self._bucket_tags: dict[str, Mapping[str, str]] = {}

    def places(self, account: str | None = None, region: str | None = None) -> tuple[Place, ...]:
        chosen = self._cloud.accounts if account is None else (self._cloud.account(account),)
        return tuple(
            Place(one.account, name)
            for one in chosen
            if one.inventory
            for name in (*one.regions, GLOBAL)
            if region in {None, name}
        )

    def resources(self, place: Place) -> Iterator[CloudResource | Gap]:
        account = self._cloud.account(place.account)
        asked = Place(place.account, account.regions[0]) if place.region == GLOBAL else place
        yield from _Listing(self._cloud, asked, place, account.partition, self._bucket_tags).all(self._calls)


class _Listing:
    """Of one place. `asked` is where its requests go."""

    def __init__(
        self,
        cloud: Cloud,
        asked: Place,
        place: Place,
        partition: str,
        bucket_tags: dict[str, Mapping[str, str]],
    ) -> None:
        self.cloud, self.asked, self.place, self.partition = cloud, asked, place, partition
        self.unlisted = Unlisted(place, bucket_tags)
        self.default_vpcs: set[str] = set()
        self.shut = False  # nobody gets in, so that every other call would fail alike

    def all(self, calls: Mapping[str, list[Lister]]) -> Iterator[CloudResource | Gap]:
        everywhere = self.place.region == GLOBAL
        yield from self._unlisted()
        for rows in calls.values():
            chosen = [one for one in rows if one.everywhere is everywhere]
            if chosen and not self.shut:
                yield from self._guarded(
                    chosen[0].call, ", ".join(one.type for one in chosen), self._rows(chosen)
                )

    def _unlisted(self) -> Iterator[CloudResource | Gap]:
        """First: it tells tags of what the services list without."""
        home = self.asked
        if self.place.region == GLOBAL:
            home = Place(self.place.account, _HOME.get(self.partition, self.asked.region))
        tagged = (self.unlisted.tagged(page) for page in self._pages(tagged_pages(), home))
        yield from self._guarded(tagged_pages(), "resources by tag", (one for page in tagged for one in page))
        if self.place.region != GLOBAL and not self.shut:
            known = (self.unlisted.configured(page) for page in self._pages(config_pages(), self.asked))
            yield from self._guarded(config_pages(), "AWS Config", (one for page in known for one in page))

    def _guarded(
        self, call: Call, what: str, listing: Iterator[CloudResource]
    ) -> Iterator[CloudResource | Gap]:
        """Why a list ends early is part of the answer. What was listed until then stays."""
        try:
            yield from listing
        except Interrupted:
            raise
        except _SHUT as error:
            self.shut = True
            yield Gap(self.place, EVERYTHING, error.message)
        except JMESPathError as error:
            yield Gap(self.place, what, f"its answer has a form that is not known: {type(error).__name__}")
        except DriftlineError as error:
            action = call.permission if isinstance(error, AwsDenied) else ""
            yield Gap(
                self.place, what, error.message, str(error.facts.get("action") or action) if action else ""
            )

    def _rows(self, rows: list[Lister]) -> Iterator[CloudResource]:
        """All rows that are read from the answers to one call."""
        within = rows[0].within
        if within is None:
            yield from self._read(rows, "", {})
            return
        for page in self._pages(within.call, self.asked):
            for parent in items_of(within.items, page):
                yield from self._read(rows, str(parent), {within.argument: parent})

    def _read(self, rows: list[Lister], parent: str, arguments: Mapping[str, Any]) -> Iterator[CloudResource]:
        for page in self._pages(rows[0].call, self.asked, arguments):
            for row in rows:
                for item in items_of(row.items, page):
                    whole = item if row.each is None else self._asked_for(row.each, item)
                    if whole is not None:
                        yield self._resource(row, whole, parent)

    def _asked_for(self, each: Each, item: Any) -> Any:
        """None for what was deleted since it was listed."""
        try:
            answer = self.cloud.call(
                self.asked,
                each.call.service,
                each.call.method,
                **{each.argument: found(each.path, item)},
            )
        except AwsGone:
            return None
        return found(each.answer, answer)

    def _resource(self, row: Lister, item: Any, parent: str) -> CloudResource:
        around = Around(self.place, self.partition, parent, frozenset(self.default_vpcs))
        made = self.unlisted.with_tags(resource_of(row, item, around))
        if made.type == "aws_vpc" and made.owner == Reason.VPC_DEFAULT:
            self.default_vpcs.add(made.import_id)
        return made

    def _pages(
        self, call: Call, place: Place, arguments: Mapping[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every page, whether botocore has a paginator, only a cursor, or one page."""
        given = {**call.arguments, **(arguments or {})}
        if call.paginated:
            yield from self.cloud.pages(place, call.service, call.method, **given)
            return
        while True:
            page = self.cloud.call(place, call.service, call.method, **given)
            yield page
            if not call.cursor or not page.get(call.cursor):
                return
            given[call.cursor] = page[call.cursor]


def _by_call(listers: tuple[Lister, ...]) -> Mapping[str, list[Lister]]:
    """The rows that are read from the same answers, in the order of the table."""
    found: defaultdict[str, list[Lister]] = defaultdict(list)
    for one in listers:
        found[one.call.key].append(one)
    return found
