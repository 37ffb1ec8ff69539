"""How much of the accounts the stacks manage, and what nobody does."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from runner.model.attribution.creator import creator, makes, making
from runner.model.cloud_events.touched import names_of, taken
from runner.model.inventory.coverage import Count, share
from runner.model.inventory.left_out import SENTENCES, LeftOut
from runner.model.inventory.listing import KeptResource, Listing, ResourceFilter
from runner.model.suspects.event import TrailEvent
from runner.model.values.frozen import dataclass
from runner.ports.records.joined import CoverageUseReader
from runner.view.when import whole

DAYS = 90
KNOWN = timedelta(days=90)  # for which events are kept
MOST_EVENTS = 5000
WITHOUT_A_LIST = timedelta(days=7)  # of accounts that are not listed
MOST_CREATED = 50


@dataclass(frozen=True)
class CoverageRow:
    """Of one type in one region. `coverage` is managed / (managed + unmanaged); null where there is neither."""

    account: str
    region: str
    type: str
    managed: int
    unmanaged: int
    left_out: int
    coverage: float | None


@dataclass(frozen=True)
class UnmanagedRow:
    """`created_at` is null where its service does not tell. `left_out` says why it does not count.

    `creator` made it, as far as received events tell; empty if none of them does.
    """

    arn: str
    type: str
    name: str
    import_id: str
    account: str
    region: str
    created_at: datetime | None
    first_seen: datetime
    left_out: str = ""
    creator: str = ""

    @property
    def since(self) -> datetime:
        return self.created_at or self.first_seen


@dataclass(frozen=True)
class CreatedRow:
    """A call that made something after the list, or in an account without one, which no stack manages. `name` is what
    the call names first: an ARN, an id or a name.
    """

    name: str
    call: str
    account: str
    region: str
    by: str
    at: datetime


@dataclass(frozen=True)
class LeftOutRow:
    reason: str
    sentence: str
    count: int


@dataclass(frozen=True)
class GapRow:
    """What could not be listed. `action` is the missing permission, if one is."""

    account: str
    region: str
    what: str
    reason: str
    action: str


@dataclass(frozen=True)
class CoveredDayRow:
    day: str
    managed: int
    unmanaged: int
    coverage: float | None


@dataclass(frozen=True)
class CoveragePage:
    """As of `listed_at`, the oldest of the lists that it consists of; null if nothing was listed yet.

    `partial` says that something could not be listed (`gaps`), or that states of stacks were not read yet
    (`unread_stacks`), whose resources then seem unmanaged.
    """

    listed_at: datetime | None
    managed: int
    unmanaged: int
    left_out: int
    coverage: float | None
    partial: bool
    types: tuple[CoverageRow, ...]
    resources: tuple[UnmanagedRow, ...]
    reasons: tuple[LeftOutRow, ...]
    gaps: tuple[GapRow, ...]
    unread_stacks: tuple[str, ...]
    days: tuple[CoveredDayRow, ...]
    created: tuple[CreatedRow, ...] = ()

    @property
    def missing_actions(self) -> tuple[str, ...]:
        return tuple(sorted({one.action for one in self.gaps if one.action}))


def coverage_page(reader: CoverageUseReader, now: datetime, where: ResourceFilter) -> CoveragePage:
    listings = [one for one in reader.listings() if where.account in {None, one.place.account}]
    ids = [one.id for one in listings]
    counts = [
        one
        for one in reader.coverage_counts(ids)
        if where.region in {None, one.place.region} and where.type in {None, one.type}
    ]
    gaps = [
        GapRow(one.place.account, one.place.region, one.what, one.reason, one.action)
        for one in reader.listing_gaps(ids)
        if where.region in {None, one.place.region} or one.place.region == "global"
    ]
    managed, unmanaged = sum(one.managed for one in counts), sum(one.unmanaged for one in counts)
    unread = tuple(reader.unread_states()) if listings else ()
    since = now.date() - timedelta(days=DAYS)
    resources = _resource_rows(reader, now, where)
    shown = {name for one in resources for name in (one.arn, one.import_id, one.name)}
    return CoveragePage(
        listed_at=min((whole(one.ended_at) for one in listings if one.ended_at), default=None),
        managed=managed,
        unmanaged=unmanaged,
        left_out=sum(one.left_out for one in counts),
        coverage=_rounded(managed, unmanaged),
        partial=bool(gaps or unread),
        types=tuple(map(_type_row, counts)),
        resources=resources,
        reasons=tuple(
            LeftOutRow(reason, SENTENCES.get(reason, reason), count)
            for reason, count in reader.left_out_reasons(where).items()
        ),
        gaps=tuple(gaps),
        unread_stacks=unread,
        days=tuple(
            CoveredDayRow(
                one.day.isoformat(), one.managed, one.unmanaged, _rounded(one.managed, one.unmanaged)
            )
            for one in reader.covered_days(since, where)
        ),
        created=tuple(
            islice(
                (one for one in _created_rows(reader, listings, now, where) if one.name not in shown),
                MOST_CREATED,
            )
        ),
    )


def _type_row(of: Count) -> CoverageRow:
    return CoverageRow(
        of.place.account,
        of.place.region,
        of.type,
        of.managed,
        of.unmanaged,
        of.left_out,
        _rounded(of.managed, of.unmanaged),
    )


def _resource_rows(
    reader: CoverageUseReader, now: datetime, where: ResourceFilter
) -> tuple[UnmanagedRow, ...]:
    found = list(reader.kept_resources(where))
    named = {name for one in found for name in _names(one)}
    made = making(reader.cloud_events(named, now - KNOWN, now, limit=MOST_EVENTS) if named else ())
    return tuple(_resource_row(one, creator(_names(one), one.account, made)) for one in found)


def _created_rows(
    reader: CoverageUseReader, listings: Sequence[Listing], now: datetime, where: ResourceFilter
) -> Iterator[CreatedRow]:
    """What events tell and no list has yet, newest first. They do not know types of terraform."""
    if where.type is not None:
        return
    listed: dict[str, datetime] = {}
    for one in listings:
        listed[one.place.account] = min(one.started_at, listed.get(one.place.account, now))
    before = now - WITHOUT_A_LIST
    since = min([before, *listed.values()])
    for event in reader.cloud_events_of_nobody(since):
        asked = where.account in {None, event.account} and where.region in {None, event.region}
        if not asked or not makes(event) or event.at < listed.get(event.account, before):
            continue
        # A stack may have taken it in since.
        if not taken(event, reader.objects_called(names_of(event)), own=False).stacks:
            name = next(iter((*event.arns, *(value for _, value in event.names))), "")
            yield CreatedRow(name, event.name, event.account, event.region, str(event.actor), whole(event.at))


def _names(of: KeptResource) -> set[str]:
    return {of.arn, of.import_id, of.name} - {""}


def _resource_row(of: KeptResource, made: TrailEvent | None) -> UnmanagedRow:
    return UnmanagedRow(
        arn=of.arn,
        type=of.type,
        name=of.name,
        import_id=of.import_id,
        account=of.account,
        region=of.region,
        created_at=whole(of.created_at),
        first_seen=whole(of.first_seen),
        left_out=str(LeftOut(of.reason, of.of)) if of.reason else "",
        creator="" if made is None else str(made.actor),
    )


def _rounded(managed: int, unmanaged: int) -> float | None:
    """Never 1 while something is unmanaged."""
    found = share(managed, unmanaged)
    if found is None:
        return None
    rounded = round(found, 4)
    return 0.9999 if rounded == 1 and unmanaged else rounded
