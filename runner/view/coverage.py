"""How much of the accounts the stacks manage, and what nobody does."""

from datetime import datetime, timedelta

from runner.model.attribution.creator import creator, making
from runner.model.inventory.coverage import Count, share
from runner.model.inventory.left_out import SENTENCES, LeftOut
from runner.model.inventory.listing import KeptResource, ResourceFilter
from runner.model.suspects.event import TrailEvent
from runner.model.values.frozen import dataclass
from runner.ports.records.joined import CoverageUseReader
from runner.view.when import whole

DAYS = 90
KNOWN = timedelta(days=90)  # for which events are kept
MOST_EVENTS = 5000


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
    return CoveragePage(
        listed_at=min((whole(one.ended_at) for one in listings if one.ended_at), default=None),
        managed=managed,
        unmanaged=unmanaged,
        left_out=sum(one.left_out for one in counts),
        coverage=_rounded(managed, unmanaged),
        partial=bool(gaps or unread),
        types=tuple(map(_type_row, counts)),
        resources=_resource_rows(reader, now, where),
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
