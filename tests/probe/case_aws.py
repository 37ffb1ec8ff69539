"""One stack on AWS with over forty resource types: a plan of it costs seconds, whatever their number."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import Any

from case_events import EVENTS
from case_identity import IDENTITY
from case_network import NETWORK
from case_storage import STORAGE
from probe_case import ByHand, Case, Found, Hands, Situation

# Identities are its root module, and each of the others is a module with providers of its own.
PARTS = (IDENTITY, EVENTS, STORAGE, NETWORK)
SITUATIONS = ("clean", "code", "only computed", "only an output", "changed", "deleted")


@dataclass(frozen=True)
class In:
    """The same hands, at work in another region."""

    region: str
    hands: Hands

    def client(self, service: str, region: str | None = None) -> Any:
        return self.hands.client(service, region or self.region)

    def attribute(self, address: str, name: str = "id") -> Any:
        return self.hands.attribute(address, name)

    def objects(self) -> AbstractContextManager[dict[str, dict[str, Any]]]:
        return self.hands.objects()


def of_all_parts(name: str) -> Situation:
    """What each part that has this situation does, and what a plan finds in all of them."""
    theirs = [(part, one) for part in PARTS for one in part.situations if one.name == name]
    only = [one for _, one in theirs]
    return Situation(
        name,
        by_hand=tuple(by_hand(part, one) for part, situation in theirs for one in situation.by_hand),
        code=next((one.code for one in only if one.code), ""),
        commands=tuple(chain.from_iterable(one.commands for one in only)),
        state=tuple(chain.from_iterable(one.state for one in only)),
        finds=reduce(Found.and_also, (one.finds for one in only)),
    )


def by_hand(part: Case, change: ByHand) -> ByHand:
    return lambda hands: change(In(part.region, hands))


AWS = Case("aws", IDENTITY.region, tuple(of_all_parts(name) for name in SITUATIONS))
