"""Whether a plan made with warm providers stands alone: what full plans on this installation have confirmed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from runner.model.values.frozen import dataclass
from runner.model.warm.provider import Provider, Ready, Types, Way


@dataclass(frozen=True)
class Compared:
    """One engine with one provider package: plans with these types were equal to full plans."""

    engine: str  # binary and version
    checksum: str
    types: frozenset[str]  # `resource aws_vpc`, `data aws_vpc`
    plans: int = 0  # made since the last comparison


@dataclass(frozen=True)
class HowPlanned:
    """How a plan was made, and why not with warm providers alone."""

    way: Way = Way.PLAIN
    reason: str = ""
    plans: int = 0  # made with the same providers since they were last compared, with this one
    engine: str = ""
    providers: tuple[Provider, ...] = ()


PLAINLY = HowPlanned()


def found_wrong(how: HowPlanned | None, distrusted: frozenset[str]) -> Provider | None:
    """A distrusted provider that this plan was made with, without a full plan beside it."""
    if how is None or how.way is not Way.PROBED:
        return None
    return next((one for one in how.providers if one.checksum in distrusted), None)


@dataclass(frozen=True)
class PlanTerms:
    """What the operator and the stack ask of plans with warm providers."""

    allowed: bool = True
    destroys: bool = False  # whether one that destroys stands alone
    every: int = 50  # one in this many is compared


AS_COMPARED = PlanTerms()


def doubt(terms: PlanTerms, known: Iterable[Compared], ready: Ready, types: Types, *, destroys: bool) -> str:
    """Why this plan has to be compared with a full one before it counts; empty if it stands alone."""
    used = asked(ready, types)
    return next(_doubts(terms, _of(known, used), used, types, destroys=destroys), "")


def asked(ready: Ready, types: Types) -> Ready:
    """Without the providers that were asked nothing: neither counts for them, so one never falls due by them."""
    return replace(ready, providers=tuple(one for one in ready.providers if types.get(one.address)))


def _doubts(
    terms: PlanTerms, known: Mapping[str, Compared], ready: Ready, types: Types, *, destroys: bool
) -> Iterator[str]:
    """All that apply, the most pressing first."""
    for provider in ready.providers:
        one = known.get(provider.checksum)
        if one is None:
            yield f"first plan with this engine and {provider.name}"
        elif new := frozenset(types[provider.address]) - one.types:
            yield f"first plan with {_named(new)}"
    if destroys and not terms.destroys:
        yield "it destroys something"
    if since(known.values()) + 1 >= terms.every:
        yield f"one plan in {terms.every} is compared"


def since(known: Iterable[Compared]) -> int:
    """The number of plans since the least recent comparison."""
    return max((one.plans for one in known), default=0)


def plans_since(known: Iterable[Compared], ready: Ready) -> int:
    return since(_of(known, ready).values())


def _of(known: Iterable[Compared], ready: Ready) -> dict[str, Compared]:
    named = {provider.checksum for provider in ready.providers}
    return {one.checksum: one for one in known if one.engine == ready.engine and one.checksum in named}


def _named(types: frozenset[str]) -> str:
    first, *rest = sorted(types)
    return f"{first} and {len(rest)} more" if rest else first
