"""How often a stack may heal itself, counted from the records of its runs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from runner.model.healing.rules import NamedRule
from runner.model.healing.verdict import Verdict
from runner.model.run.healed_by import HealedBy
from runner.model.settings.healing import Fights, HealLimits
from runner.model.values.frozen import dataclass

DAY = timedelta(days=1)


@dataclass(frozen=True)
class PastHeal:
    """A heal that rules let pass and that was, or may have been, applied. `addresses` are what it changed."""

    run: int
    at: datetime
    healed_by: tuple[HealedBy, ...]
    addresses: tuple[str, ...] = ()


def horizon(limits: HealLimits, now: datetime) -> datetime:
    """Heals before this count for no limit."""
    return now - max(DAY, timedelta(seconds=limits.fights.within))


def exceeded(verdict: Verdict, past: Sequence[PastHeal], limits: HealLimits, now: datetime) -> Iterator[str]:
    """Limits that leave no room for one more heal. A time in the future, from before a clock went back, counts."""
    today = [heal for heal in past if heal.at > now - DAY]
    if len(today) >= limits.per_day:
        yield _used_up(len(today), f"drift.heal_limits.per_day is {limits.per_day}")
    under = {(rule.name, one.part.address) for one in verdict.decisions for rule in one.under}
    resources = Counter(name for name, _ in under)
    for rule in verdict.rules:
        yield from _exceeded(rule, resources[rule.name], today)


def _exceeded(rule: NamedRule, changes: int, today: Sequence[PastHeal]) -> Iterator[str]:
    at_most = rule.rule.at_most
    if at_most.changes is not None and changes > at_most.changes:
        yield f"it changes {changes} resources under {rule.name}, and at_most.changes is {at_most.changes}"
    if at_most.per_day is None:
        return
    under = sum(rule.mark.digest in {mark.digest for mark in heal.healed_by} for heal in today)
    if under >= at_most.per_day:
        yield _used_up(under, f"at_most.per_day of {rule.name} is {at_most.per_day}")


def _used_up(count: int, limit: str) -> str:
    return f"it was healed {count} {'time' if count == 1 else 'times'} in the last 24 hours, and {limit}"


@dataclass(frozen=True)
class Fight:
    """Resources that drift again as soon as they are healed."""

    addresses: tuple[str, ...]
    times: int
    heals: tuple[PastHeal, ...]  # newest first


def fight(addresses: Iterable[str], past: Sequence[PastHeal], fights: Fights, now: datetime) -> Fight | None:
    """The fight over any of these addresses that drifted, or None. Counted per address: the other side may change
    another value each time.
    """
    recent = [heal for heal in past if heal.at > now - timedelta(seconds=fights.within)]
    counts = Counter(address for heal in recent for address in heal.addresses)
    fought = tuple(address for address in dict.fromkeys(addresses) if counts[address] >= fights.times)
    if not fought:
        return None
    heals = [heal for heal in recent if set(heal.addresses) & set(fought)]
    heals.sort(key=lambda heal: heal.at, reverse=True)
    return Fight(fought, max(counts[address] for address in fought), tuple(heals))
