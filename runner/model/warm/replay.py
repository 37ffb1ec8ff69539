"""Whether the recorded calls of a check may stand for terraform: what must not have changed since, and what else keeps it out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runner.model.warm.probe import ProbeRecord

GIVE_UP = 3  # consecutive replays whose answers differed although nothing had changed, after which
TRY_AGAIN = 10  # only every n-th check tries one

# What a plan is made from besides the answers of providers, and what to say if it is not what it was.
PARTS: Mapping[str, str] = {
    "form": "another version of Driftline recorded it",
    "code": "its code changed",
    "inputs": "its definition or its variables changed",
    "environment": "its environment changed",
    "contexts": "a context changed",
    "engine": "its engine changed",
    "providers": "its providers changed",
    "state": "its state changed",
}
NOT_RECORDED = "nothing is recorded yet"
WARM = "drift.probe is warm"
CHANGES = "its plan has changes"
UNEVEN = "terraform read {} objects and {} data sources, and the providers were asked for {} and {}"


@dataclass(frozen=True)
class Counts:
    """How many managed objects and data sources were read."""

    objects: int
    data: int


def moved(recorded: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What has changed since then, in words; empty if nothing has."""
    return next((said for part, said in PARTS.items() if recorded.get(part) != now.get(part)), "")


def uneven(terraform: Counts, providers: Counts) -> str:
    """Why the calls cannot be all that the plan came from: the proxies saw another number than terraform reports."""
    if terraform == providers:
        return ""
    return UNEVEN.format(terraform.objects, terraform.data, providers.objects, providers.data)


def held_back(record: ProbeRecord) -> str:
    """Why no replay is tried although there may be a recording."""
    if record.vain < GIVE_UP or not record.vain % TRY_AGAIN:
        return ""
    return f"its answers differed {record.vain} times although nothing had changed"


def unreplayed(reason: str) -> str:
    """Why a check with warm providers was not replayed, as it is shown."""
    return f"not replayed: {reason}" if reason else ""


def differed(record: ProbeRecord) -> ProbeRecord:
    """After a replay with another answer, where the plan that followed is clean too."""
    return replace(record, vain=record.vain + 1)
