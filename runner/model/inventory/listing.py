"""A list of what one place has, as it is on record."""

from datetime import date, datetime

from runner.model.aws.place import Place
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Listing:
    """Of one region of an account, or of what the account has once. `ended_at` is None while it is made."""

    id: int
    place: Place
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class KeptResource:
    """What no stack manages, as it is on record. `reason` is why it does not count; empty for what is unmanaged."""

    account: str
    region: str
    type: str
    import_id: str
    arn: str
    name: str
    created_at: datetime | None
    first_seen: datetime
    reason: str = ""
    of: str = ""


@dataclass(frozen=True)
class CoveredDay:
    """The last lists of a day, in UTC, of all places together."""

    day: date
    managed: int
    unmanaged: int


@dataclass(frozen=True)
class ResourceFilter:
    """`left_out` shows what does not count as well."""

    account: str | None = None
    region: str | None = None
    type: str | None = None
    left_out: bool = False
    limit: int = 200
