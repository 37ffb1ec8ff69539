"""What accounts have: counts of each list, and the resources that no stack manages as of the newest one."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

from runner.store.rows import Value, text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from runner.model.aws.place import Place
    from runner.model.inventory.coverage import Count, Gap, Judged
    from runner.model.inventory.listing import CoveredDay, KeptResource, Listing, ResourceFilter

# A list that was not finished is not the newest one. What it has seen is shown as of the one before.
_NEWEST = "SELECT max(id) FROM listings WHERE ended_at IS NOT NULL GROUP BY account, region"
# One that is being made has seen what it has; what the newest one could not list is kept for its age, and not shown.
_SHOWN = """
    listing >= coalesce((
        SELECT max(id) FROM listings l
        WHERE l.account = listed_resources.account AND l.region = listed_in AND l.ended_at IS NOT NULL
    ), 0)
"""
_COLUMNS = (
    "account", "key", "listed_in", "region", "type", "import_id", "arn", "name", "created_at", "first_seen", "reason", "of",
    "listing",
)  # fmt: skip
_KEPT_FROM_BEFORE = frozenset({"account", "key", "first_seen"})


class ListingReads(Session):
    def listings(self) -> list[Listing]:
        from runner.model.aws.place import Place
        from runner.model.inventory.listing import Listing

        sql = f"SELECT * FROM listings WHERE id IN ({_NEWEST}) ORDER BY account, region"  # noqa: S608 - a constant
        return [
            Listing(
                row["id"],
                Place(row["account"], row["region"]),
                datetime.fromisoformat(row["started_at"]),
                time_or_none(row["ended_at"]),
            )
            for row in self._all(sql)
        ]

    def coverage_counts(self, listings: Collection[int]) -> list[Count]:
        from runner.model.aws.place import Place
        from runner.model.inventory.coverage import Count

        sql = """
            SELECT l.account, c.* FROM coverage_counts c JOIN listings l ON l.id = c.listing
            WHERE c.listing IN (SELECT value FROM json_each(?)) ORDER BY l.account, c.region, c.type
        """
        return [
            Count(
                Place(row["account"], row["region"]),
                row["type"],
                row["managed"],
                row["unmanaged"],
                row["left_out"],
            )
            for row in self._all(sql, json.dumps(sorted(listings)))
        ]

    def listing_gaps(self, listings: Collection[int]) -> list[Gap]:
        from runner.model.aws.place import Place
        from runner.model.inventory.coverage import Gap

        sql = """
            SELECT l.account, l.region, g.* FROM listing_gaps g JOIN listings l ON l.id = g.listing
            WHERE g.listing IN (SELECT value FROM json_each(?)) ORDER BY l.account, l.region, g.what
        """
        return [
            Gap(Place(row["account"], row["region"]), row["what"], row["reason"], row["action"])
            for row in self._all(sql, json.dumps(sorted(listings)))
        ]

    def kept_resources(self, where: ResourceFilter) -> list[KeptResource]:
        conditions, values = _matching(where)
        sql = f"""
            SELECT * FROM listed_resources WHERE {conditions}
            ORDER BY reason <> '', account, region, type, created_at, name LIMIT ?
        """  # noqa: S608 - constants
        return [_resource(row) for row in self._all(sql, *values, where.limit)]

    def left_out_reasons(self, where: ResourceFilter) -> dict[str, int]:
        conditions, values = _matching(where, left_out=True)
        sql = f"""
            SELECT reason, count(*) AS count FROM listed_resources WHERE reason <> '' AND {conditions}
            GROUP BY reason ORDER BY reason
        """  # noqa: S608 - constants
        return {row["reason"]: row["count"] for row in self._all(sql, *values)}

    def kept_resource(self, arn: str) -> KeptResource | None:
        row = self._one("SELECT * FROM listed_resources WHERE arn = ? ORDER BY account LIMIT 1", arn)
        return None if row is None else _resource(row)

    def covered_days(self, since: date, where: ResourceFilter) -> list[CoveredDay]:
        from runner.model.inventory.listing import CoveredDay

        places = [
            ("l.account = ?", where.account),
            ("c.region = ?", where.region),
            ("c.type = ?", where.type),
        ]
        also = "".join(f" AND {condition}" for condition, value in places if value is not None)
        sql = f"""
            SELECT substr(l.ended_at, 1, 10) AS day, sum(c.managed) AS managed, sum(c.unmanaged) AS unmanaged
            FROM listings l JOIN coverage_counts c ON c.listing = l.id
            WHERE l.id IN (
                SELECT max(id) FROM listings WHERE ended_at >= ? GROUP BY account, region, substr(ended_at, 1, 10)
            ){also} GROUP BY day ORDER BY day
        """  # noqa: S608 - constants
        values = [value for _, value in places if value is not None]
        return [
            CoveredDay(date.fromisoformat(row["day"]), row["managed"], row["unmanaged"])
            for row in self._all(sql, since.isoformat(), *values)
        ]


class ListingWrites(ListingReads):
    def begin_listing(self, place: Place) -> int:
        """What a process that died has left of one goes."""
        self._do(
            "DELETE FROM listings WHERE account = ? AND region = ? AND ended_at IS NULL",
            place.account,
            place.region,
        )
        row: dict[str, Value] = {
            "account": place.account,
            "region": place.region,
            "started_at": text(self._now),
        }
        return self._insert("listings", row)

    def save_listed(self, listing: int, place: Place, found: Iterable[Judged]) -> None:
        """Those that no stack manages. One that was seen before keeps when that was."""
        new = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEPT_FROM_BEFORE)
        marks = ", ".join("?" * len(_COLUMNS))
        sql = f"""
            INSERT INTO listed_resources ({", ".join(_COLUMNS)}) VALUES ({marks})
            ON CONFLICT (account, key) DO UPDATE SET {new}
        """  # noqa: S608 - constants
        self._connection.executemany(sql, (self._row(listing, place, one) for one in found))

    def end_listing(self, listing: int, place: Place, counts: Iterable[Count], gaps: Iterable[Gap]) -> None:
        """From now on it is the newest one. What it did not see is gone, if it has seen everything."""
        missing = list(gaps)
        self._connection.executemany(
            "INSERT INTO coverage_counts (listing, region, type, managed, unmanaged, left_out) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (listing, one.place.region, one.type, one.managed, one.unmanaged, one.left_out)
                for one in counts
            ),
        )
        self._connection.executemany(
            "INSERT INTO listing_gaps (listing, what, reason, action) VALUES (?, ?, ?, ?)",
            ((listing, one.what, one.reason, one.action) for one in missing),
        )
        if not missing:
            sql = "DELETE FROM listed_resources WHERE account = ? AND listed_in = ? AND listing < ?"
            self._do(sql, place.account, place.region, listing)
        self._update("listings", {"ended_at": text(self._now)}, {"id": listing})

    def forget_listed(self, places: Collection[Place]) -> None:
        """What is on record of other places than these: nobody lists them any more."""
        known = json.dumps([f"{one.account}/{one.region}" for one in places])
        others = "account || '/' || {} NOT IN (SELECT value FROM json_each(?))"
        self._do(f"DELETE FROM listed_resources WHERE {others.format('listed_in')}", known)  # noqa: S608
        self._do(f"DELETE FROM listings WHERE {others.format('region')}", known)  # noqa: S608

    def prune_listings(self, before: datetime) -> None:
        sql = f"DELETE FROM listings WHERE started_at < ? AND id NOT IN ({_NEWEST})"  # noqa: S608 - a constant
        self._do(sql, text(before))

    def _row(self, listing: int, place: Place, one: Judged) -> tuple[Value, ...]:
        it, why = one.resource, one.left_out
        return (
            place.account,
            it.key,
            place.region,
            it.place.region,
            it.type,
            it.import_id,
            it.arn,
            it.name,
            text_or_none(it.created_at),
            text(self._now),
            str(why.reason) if why else "",
            why.of if why else "",
            listing,
        )


def _matching(where: ResourceFilter, *, left_out: bool | None = None) -> tuple[str, list[Value]]:
    columns = {"account": where.account, "region": where.region, "type": where.type}
    given = {name: value for name, value in columns.items() if value is not None}
    shown = where.left_out if left_out is None else left_out
    conditions = [*(f"{name} = ?" for name in given), *([] if shown else ["reason = ''"])]
    return " AND ".join([_SHOWN, *conditions]), list(given.values())


def _resource(row: sqlite3.Row) -> KeptResource:
    from runner.model.inventory.listing import KeptResource

    return KeptResource(
        account=row["account"],
        region=row["region"],
        type=row["type"],
        import_id=row["import_id"],
        arn=row["arn"],
        name=row["name"],
        created_at=time_or_none(row["created_at"]),
        first_seen=datetime.fromisoformat(row["first_seen"]),
        reason=row["reason"],
        of=row["of"],
    )
