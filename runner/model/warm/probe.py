"""Whether a plan may be made with warm providers, and what earlier checks of the stack say about that.

A probe may say "clean" only after full plans said the same for the same code, engine and providers. What it finds
counts under the terms of `runner.model.warm.compared`.
"""

from collections.abc import Iterator
from dataclasses import field, replace
from datetime import datetime

from runner.model.values.frozen import dataclass
from runner.model.warm.compared import AS_COMPARED, PLAINLY, Compared, HowPlanned, PlanTerms
from runner.model.warm.provider import Provider, Ready, Way

SHORTEST_SECONDS = 60.0  # of a probe's deadline
TIMES_PLAIN = 4.0  # times a plain plan's duration, if that is longer
UNKNOWN_SECONDS = 300.0
GIVE_UP = 3  # consecutive failed probes, after which
TRY_AGAIN = 10  # only every n-th check tries one
NOT_CHECKED = "not checked yet"


@dataclass(frozen=True)
class ProbeRecord:
    """What the checks of one stack have shown so far."""

    mark: str = ""  # what it was compared with
    types: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # that are used, of each provider's address
    checks: int = 0  # probed and replayed checks since this mark was first compared
    seconds: float = 0.0  # duration of a plain plan
    fallbacks: int = 0  # consecutive checks that could not be probed
    fallback_mark: str = ""  # the mark that these were tried with
    way: Way = Way.PLAIN
    reason: str = NOT_CHECKED  # why the last check was done this way
    vain: int = 0  # consecutive replays that differed although nothing had changed

    @property
    def checked(self) -> bool:
        return self.way is not Way.PLAIN or self.reason != NOT_CHECKED

    def knows(self, provider: Provider) -> bool:
        """Whether it may have been compared with any version of this provider; a record without types is no proof.

        The registry does not matter: two of them may distribute the same package.
        """
        source = provider.name.rpartition(" ")[0].split("/")[-2:]
        return not self.types or any(address.split("/")[-2:] == source for address in self.types)


@dataclass(frozen=True)
class Probing:
    """Instructions for a worker. `every`: one in this many probed checks is compared; `distrusted` are checksums."""

    record: ProbeRecord = ProbeRecord()
    every: int = 50
    allowed: bool = True
    full: bool = False  # whether somebody asked for a full plan
    check: bool = True  # whether an earlier comparison of the stack lets it say "clean" alone
    replays: bool = False  # whether a check may be replayed
    inputs: str = ""
    revision: str = ""
    distrusted: frozenset[str] = frozenset()
    plans: PlanTerms = AS_COMPARED
    compared: tuple[Compared, ...] = ()  # on this installation

    @property
    def recorded_inputs(self) -> str:
        """What a recording of this check is valid for, besides what its worker can see."""
        return f"{self.revision} {self.inputs}"

    def mark(self, ready: Ready) -> str:
        """Of what its earlier failures count for."""
        return ready.mark(self.inputs if self.check else "")


@dataclass(frozen=True)
class ProbeFacts:
    """What a worker has seen. `disagreed` says how, and then none of the `providers` is probed again."""

    record: ProbeRecord
    how: HowPlanned = PLAINLY
    types: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # that this plan asked about; where it was compared, that a full plan has confirmed
    disagreed: str = ""
    providers: tuple[Provider, ...] = ()


@dataclass(frozen=True)
class Distrust:
    """A provider whose probe once disagreed with a plain plan."""

    provider: Provider
    stack: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Choice:
    way: Way
    reason: str


def choose(probing: Probing, ready: Ready) -> Choice:
    """How to plan, if warm providers can be tried."""
    return next(_choices(probing, ready))


def _choices(probing: Probing, ready: Ready) -> Iterator[Choice]:
    """All that apply, the most pressing first."""
    record, mark = probing.record, probing.mark(ready)
    if not ready.providers:
        yield Choice(Way.PLAIN, "it starts no provider, so a probe saves nothing")
    for one in ready.providers:
        if one.checksum in probing.distrusted:
            yield Choice(Way.PLAIN, f"a probe of {one.name} once disagreed with a full plan")
    if record.fallback_mark == mark and record.fallbacks >= GIVE_UP and record.fallbacks % TRY_AGAIN:
        yield Choice(Way.PLAIN, record.reason if probing.check else "warm providers failed for earlier plans")
    if not probing.check:
        yield Choice(Way.PROBED, "")
    if mark != record.mark:
        yield Choice(Way.COMPARED, "first check with this code, engine and providers")
    if (record.checks + 1) % probing.every == 0:
        yield Choice(Way.COMPARED, f"one check in {probing.every} is compared")
    yield Choice(Way.PROBED, "")


def deadline(plain_seconds: float, limit: float) -> float:
    """In seconds: a provider that hangs must not delay the plain check for as long as a plan may take."""
    usual = max(SHORTEST_SECONDS, TIMES_PLAIN * plain_seconds) if plain_seconds else UNKNOWN_SECONDS
    return min(usual, limit)


def forgotten(record: ProbeRecord) -> ProbeRecord:
    """Nothing counts as compared or as failed; how the last check was done is kept."""
    return ProbeRecord(seconds=record.seconds, way=record.way, reason=record.reason)


def plainly(record: ProbeRecord, reason: str) -> ProbeRecord:
    """After a plain check: everything learned before stands."""
    return replace(record, way=Way.PLAIN, reason=reason)


def failed(record: ProbeRecord) -> ProbeRecord:
    """After a probe without an answer."""
    return replace(record, way=Way.FAILED)


def no_check(record: ProbeRecord, known: ProbeRecord) -> ProbeRecord:
    """After a plan that was not a check: its result, and how the last check was done."""
    return replace(record, way=known.way, reason=known.reason)


def stepped_aside(record: ProbeRecord, mark: str, reason: str) -> ProbeRecord:
    """After a check that should have been probed, and could not be."""
    fallbacks = record.fallbacks + 1 if record.fallback_mark == mark else 1
    return replace(plainly(record, reason), fallbacks=fallbacks, fallback_mark=mark)
