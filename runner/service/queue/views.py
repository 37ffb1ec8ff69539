"""What is known of each stack when it is decided what happens to it, from the records."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from runner.model.run.life import Run
from runner.model.schedule.throttling import crowded
from runner.model.schedule.view import View
from runner.model.settings.promotion import Promotion
from runner.service.queue.promotions import hold_back
from runner.service.queue.records import StackRecords, stack_records

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.load import LoadReader
    from runner.ports.records.store import Reader

_NO_OUTPUTS: Mapping[str, Any] = MappingProxyType({})


def views(
    reader: "Reader",
    clock: "Clock",
    shortage: str | None = None,
    per_account: int | None = None,
    *,
    left: bool = False,
    promotions: Sequence[Promotion] = (),
) -> list[View]:
    """One view of every stack, from a handful of queries for any number of stacks; with `left` as `Reader.stacks`.

    Without `promotions` no stack waits for one.
    """
    return views_of(stack_records(reader, left=left), reader, clock, shortage, per_account, promotions)


def views_of(
    records: StackRecords,
    reader: "Reader",
    clock: "Clock",
    shortage: str | None = None,
    per_account: int | None = None,
    promotions: Sequence[Promotion] = (),
) -> list[View]:
    """The same from records that hold in the moment that `reader` sees."""
    now = clock.now()
    open_runs = [run for runs in records.open_runs.values() for run in runs]
    crowds = full_accounts(reader, open_runs, per_account, now)
    found = {
        name: View(
            stack=stack,
            now=now,
            lock=records.locks.get(name),
            open_runs=records.open_runs.get(name, ()),
            last_change=records.last_changes.get(name),
            waits_for=records.waits_for[name],
            source_problem=records.problems.get(stack.source),
            shortage=shortage,
            crowds=crowds,
            **records.of_outputs.get(name, _NO_OUTPUTS),
        )
        for name, stack in records.stacks.items()
    }
    found |= {held.stack.name: held for held in hold_back(reader, found, promotions)}
    return list(found.values())


def full_accounts(
    reader: "LoadReader", runs: Iterable[Run], per_account: int | None, now: datetime
) -> dict[str, str]:
    """The accounts in which no more runs may start right now, and why."""
    executing = Counter(run.account for run in runs if run.claim is not None)
    throttles = reader.throttles()
    reasons = {account: crowded(account, executing, per_account, throttles, now) for account in executing}
    return {account: why for account, why in reasons.items() if why is not None}


def view(
    reader: "Reader",
    clock: "Clock",
    name: str,
    shortage: str | None = None,
    per_account: int | None = None,
    *,
    promotions: Sequence[Promotion] = (),
) -> View:
    """The view of one stack; StackNotFound."""
    reader.stack(name)
    found = views(reader, clock, shortage, per_account, left=True, promotions=promotions)
    return next(view for view in found if view.stack.name == name)
