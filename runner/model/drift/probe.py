"""Whether a drift check may be a probe, and what earlier checks of the stack say about that.

A probe may only ever say "clean", and only where plain checks have said the same of the same stack, engine and
providers before. Everything else is decided by a plain plan.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from runner.model.code.engines import ENGINES

SHORTEST_SECONDS = 60.0  # of a probe's deadline
TIMES_PLAIN = 4.0  # and of how often a plain plan's time
UNKNOWN_SECONDS = 300.0
GIVE_UP = 3  # so many times in a row a probe is tried in vain, and then
TRY_AGAIN = 10  # only every so many checks
NOT_CHECKED = "not checked yet"


class Way(StrEnum):
    """How a check was done."""

    PLAIN = "plain"
    COMPARED = "compared"  # both, and their answers agreed or did not
    PROBED = "probed"
    FAILED = "failed"  # it has no answer


@dataclass(frozen=True)
class Provider:
    """One that `init` installed; the checksum is of its whole package."""

    name: str  # registry.terraform.io/hashicorp/aws 5.100.0
    checksum: str

    def is_called(self, name: str) -> bool:
        """Whether a person means it by this name; a short one stands for every engine's own registry."""
        return not _meanings(self.name).isdisjoint(_meanings(name))


def _meanings(name: str) -> frozenset[str]:
    """The full names that a name may stand for; older records have short ones."""
    if name.count("/") > 1:
        return frozenset({name})
    return frozenset(f"{row.registry}/{name}" for row in ENGINES.values())


@dataclass(frozen=True)
class ProbeReady:
    """A probe can be tried: what would be running."""

    engine: str  # binary and version
    providers: tuple[Provider, ...]

    def mark(self, inputs: str) -> str:
        """Of everything that has to be as it was for an earlier comparison to count."""
        told = [inputs, self.engine, sorted((one.name, one.checksum) for one in self.providers)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class ProbeRecord:
    """What the checks of one stack have shown so far."""

    mark: str = ""  # of what it was compared with
    trusted: str = ""  # of the engine and the providers alone
    types: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # that are used, of each provider's address
    checks: int = 0  # that were probed since this mark was first compared
    seconds: float = 0.0  # that a plain plan took
    fallbacks: int = 0  # checks in a row that could not be probed
    fallback_mark: str = ""  # the mark of what these were tried with
    way: Way = Way.PLAIN
    reason: str = NOT_CHECKED  # why the last check was done in this way

    @property
    def checked(self) -> bool:
        return self.way is not Way.PLAIN or self.reason != NOT_CHECKED

    def knows(self, provider: Provider) -> bool:
        """Whether it may have been compared with any version of it; a record without types does not tell.

        From whichever registry: two of them may hand out the same package.
        """
        source = provider.name.rpartition(" ")[0].split("/")[-2:]
        return not self.types or any(address.split("/")[-2:] == source for address in self.types)


@dataclass(frozen=True)
class Probing:
    """What a worker is told. `every`: one in so many probed checks is compared; `distrusted` are checksums."""

    record: ProbeRecord = ProbeRecord()
    every: int = 50
    allowed: bool = True
    triage: bool = False  # of code that moved, to see which stacks it concerns
    inputs: str = ""
    distrusted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ProbeFacts:
    """What a worker has seen. `disagreed` says how, and then none of the `providers` is probed any more."""

    record: ProbeRecord
    disagreed: str = ""
    providers: tuple[Provider, ...] = ()


@dataclass(frozen=True)
class Distrust:
    """A provider that once answered a probe otherwise than a plain plan."""

    provider: Provider
    stack: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Choice:
    way: Way
    reason: str


def choose(probing: Probing, ready: ProbeReady) -> Choice:
    """How to check, where a probe can be tried."""
    return next(_choices(probing, ready))


def _choices(probing: Probing, ready: ProbeReady) -> Iterator[Choice]:
    """All that apply, the most pressing first."""
    record, mark = probing.record, ready.mark(probing.inputs)
    if not ready.providers:
        yield Choice(Way.PLAIN, "no provider is started, so nothing can be saved")
    for one in ready.providers:
        if one.checksum in probing.distrusted:
            yield Choice(Way.PLAIN, f"{one.name} once answered a probe otherwise than a plain plan")
    if probing.triage:
        known = ready.mark("") == record.trusted
        yield Choice(Way.PROBED, "") if known else Choice(Way.PLAIN, "never compared with these providers")
    if record.fallback_mark == mark and record.fallbacks >= GIVE_UP and record.fallbacks % TRY_AGAIN:
        yield Choice(Way.PLAIN, record.reason)
    if mark != record.mark:
        yield Choice(Way.COMPARED, "first check with this code, engine and providers")
    if (record.checks + 1) % probing.every == 0:
        yield Choice(Way.COMPARED, f"one in {probing.every} is compared")
    yield Choice(Way.PROBED, "")


def deadline(plain_seconds: float, limit: float) -> float:
    """In seconds: a provider that hangs shall not hold up the plain check for as long as a plan may take."""
    usual = max(SHORTEST_SECONDS, TIMES_PLAIN * plain_seconds) if plain_seconds else UNKNOWN_SECONDS
    return min(usual, limit)


def forgotten(record: ProbeRecord) -> ProbeRecord:
    """Nothing counts as compared, nor as tried in vain; how the last check was done is still told."""
    return ProbeRecord(seconds=record.seconds, way=record.way, reason=record.reason)


def plainly(record: ProbeRecord, reason: str) -> ProbeRecord:
    """After a check that was done plainly, whatever was learned before stands."""
    return replace(record, way=Way.PLAIN, reason=reason)


def failed(record: ProbeRecord) -> ProbeRecord:
    """After a check without an answer."""
    return replace(record, way=Way.FAILED)


def no_check(record: ProbeRecord, known: ProbeRecord) -> ProbeRecord:
    """After a plan that was no check: what it has shown, and how the last check was done."""
    return replace(record, way=known.way, reason=known.reason)


def stepped_aside(record: ProbeRecord, mark: str, reason: str) -> ProbeRecord:
    """After a check that was to be probed, and could not be."""
    fallbacks = record.fallbacks + 1 if record.fallback_mark == mark else 1
    return replace(plainly(record, reason), fallbacks=fallbacks, fallback_mark=mark)
