"""What the daemon's threads do at forges, one for each source that is at one."""

from collections.abc import Callable, Iterable
from functools import partial

from runner.host.log import log
from runner.model.settings.source import SourceSettings
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.service.forge.commands import Commands, Perform
from runner.service.forge.keep import AtForges, Kept


def log_problem(source: str, problem: str) -> None:
    log.warning("forge.failed", source=source, problem=problem)


def kept_at_forges(
    store: Store,
    clock: Clock,
    sources: Iterable[SourceSettings],
    at: AtForges | None,
    perform: Perform,
    tell: Callable[[str, str], None] = log_problem,
) -> dict[str, Kept]:
    """By name of the source. `tell` gets the source's name and its problem."""
    if at is None:
        return {}
    commands = Commands(store, perform)
    return {
        one.name: Kept(one, at, store, clock, commands, partial(tell, one.name))
        for one in sources
        if one.forge is not None
    }
