"""What an event means: whose it is, and which stacks manage what it has changed."""

from collections.abc import Iterable

from runner.model.inventory.managed import ManagedObject
from runner.model.inventory.resource import Arn, comparable
from runner.model.suspects.event import TrailEvent
from runner.model.values.frozen import dataclass

# Where the name of a service in ARNs is another one than that of its events.
_SERVICES = {"monitoring": "cloudwatch", "email": "ses", "elasticloadbalancing": "elasticloadbalancing"}
MOST_NAMES = 200


@dataclass(frozen=True)
class Taken:
    """`own`: a call of one of our own runs. Without stacks it touched nothing that any stack manages."""

    event: TrailEvent
    own: bool
    stacks: frozenset[str]


def names_of(event: TrailEvent) -> tuple[str, ...]:
    """Every ARN, id and name in it by which an object may be known; those that CloudTrail itself names first."""
    named = (value for _, value in event.names)
    found = (form for text in (*event.arns, *named) for form in (text, comparable(text)))
    return tuple(dict.fromkeys(found))[:MOST_NAMES]


def taken(event: TrailEvent, objects: Iterable[ManagedObject], *, own: bool) -> Taken:
    """`objects` have one of its names. A name alone counts only where nothing says that the object is another one."""
    stacks = frozenset() if own else frozenset(one.stack for one in objects if _is_touched(one, event))
    return Taken(event, own, stacks)


def _is_touched(one: ManagedObject, event: TrailEvent) -> bool:
    arn = Arn.read(one.arn)
    if arn is None or one.arn in event.arns or comparable(one.arn) in event.arns:
        return True
    service = _SERVICES.get(event.service, event.service)
    return arn.service == service and arn.account in {"", event.account} and arn.region in {"", event.region}
