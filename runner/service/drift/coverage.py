"""Listing what the accounts have, and comparing it with what the stacks manage."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from runner.errors import Blocked, IgnoreFileUnread
from runner.model.aws.place import Place
from runner.model.inventory.coverage import Gap, Judged, Tally, judge
from runner.model.inventory.driftignore import DriftIgnore
from runner.model.inventory.managed import Managed
from runner.model.inventory.resource import CloudResource
from runner.model.schedule.cron import next_fire
from runner.ports.control import ControlPorts
from runner.ports.inventory import Inventory
from runner.ports.records.store import Store

MINUTE = timedelta(minutes=1)
BATCH = 500  # resources in one transaction: nobody waits long for it
LARGEST_IGNORE_FILE = 1 << 20


def list_accounts(
    control: ControlPorts, inventory: Inventory, account: str | None = None, region: str | None = None
) -> tuple[Place, ...]:
    """Every chosen place of the configuration, one after the other; those that were listed."""
    places = inventory.places(account, region)
    if not places:
        raise Blocked(
            "no account of the configuration is listed"
            if account is None
            else f"account {account} is not listed",
            hint="set inventory: true for it, below aws in the configuration",
        )
    ignored = ignore_rules(control)
    with control.store.reading() as reader:
        managed = Managed.of(reader.managed_objects())
    for place in places:
        _list(control.store, inventory, place, managed, ignored)
    if account is None and region is None:
        with control.store.writing() as writer:
            writer.forget_listed(places)
    return places


def list_if_due(control: ControlPorts, inventory: Inventory) -> tuple[Place, ...]:
    """All places, if the schedule's time has come since the last list of one of them, or one has none."""
    with control.store.reading() as reader:
        listed = {one.place: one.started_at for one in reader.listings()}
    places = inventory.places()
    schedule, now = control.settings.drift.coverage.schedule, control.clock.now()
    due = any(one not in listed or next_fire(schedule, listed[one] + MINUTE) <= now for one in places)
    return list_accounts(control, inventory) if due else ()


def ignore_rules(control: ControlPorts) -> DriftIgnore:
    """IgnoreFileUnread if the configuration names a file that cannot be read: nothing is called unmanaged by mistake."""
    path = control.settings.drift.coverage.ignore_file
    if path is None:
        return DriftIgnore()
    try:
        if path.stat().st_size > LARGEST_IGNORE_FILE:
            raise IgnoreFileUnread(file=path, problem=f"it has more than {LARGEST_IGNORE_FILE >> 20} MiB")
        return DriftIgnore.read(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise IgnoreFileUnread(file=path, problem=problem) from None


def _list(store: Store, inventory: Inventory, place: Place, managed: Managed, ignored: DriftIgnore) -> None:
    """In transactions of some hundreds, while the pages come; the last one makes the list the newest."""
    with store.writing() as writer:
        listing = writer.begin_listing(place)
    tally, gaps = Tally(), list[Gap]()
    found = judge(_resources(inventory, place, gaps), managed, ignored.ignores)
    unmanaged = _counted(found, tally)
    while batch := list(islice(unmanaged, BATCH)):
        with store.writing() as writer:
            writer.save_listed(listing, place, batch)
    with store.writing() as writer:
        writer.end_listing(listing, place, tally.rows(), gaps)


def _resources(inventory: Inventory, place: Place, gaps: list[Gap]) -> Iterator[CloudResource]:
    for one in inventory.resources(place):
        if isinstance(one, Gap):
            gaps.append(one)
        else:
            yield one


def _counted(found: Iterator[Judged], tally: Tally) -> Iterator[Judged]:
    """Those that no stack manages."""
    for one in found:
        tally.add(one)
        if one.by is None:
            yield one
