"""Every type that is listed. What is not here is found by its tags alone, and cannot be adopted."""

from collections.abc import Mapping

from runner.aws.listers.compute import COMPUTE
from runner.aws.listers.identity import IDENTITY
from runner.aws.listers.lister import Call, Lister
from runner.aws.listers.messaging import MESSAGING
from runner.aws.listers.network import NETWORK
from runner.aws.listers.storage import STORAGE
from runner.aws.listers.unlisted import config_pages, tagged_pages
from runner.model.values.frozen import dataclass

LISTERS: tuple[Lister, ...] = (*NETWORK, *COMPUTE, *STORAGE, *IDENTITY, *MESSAGING)


def listers() -> Mapping[str, Lister]:
    """By type."""
    return {one.type: one for one in LISTERS}


@dataclass(frozen=True)
class Tried:
    """A call that shows whether its permission is there; `once`: in one region for all."""

    call: Call
    once: bool


def tried_calls() -> Mapping[str, Tried | None]:
    """By IAM action: all that listing needs. None for a call that needs something that another one lists."""
    found: dict[str, Tried | None] = {tagged_pages().permission: Tried(tagged_pages(), once=False)}
    found[config_pages().permission] = Tried(config_pages(), once=False)
    for one in LISTERS:
        for call in one.calls:
            alone = call is not one.call if one.within else call is one.call
            tried = Tried(call, one.everywhere) if alone else None
            found[call.permission] = found.get(call.permission) or tried
    return found
