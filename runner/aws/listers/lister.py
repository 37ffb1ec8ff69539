"""How the resources of one type are listed, as data, and how an answer becomes resources.

Paths are JMESPath over plain answers of the API; no schema of a provider is involved. Beside its own functions there is
`after(text, mark)`: what follows the last mark.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

from runner.model.aws.action import iam_action
from runner.model.aws.place import Place
from runner.model.inventory.left_out import Reason
from runner.model.inventory.resource import GLOBAL, CloudResource
from runner.model.values.frozen import dataclass

# botocore has no paginator for these, most of which answer in one page.
UNPAGED = frozenset(
    {
        "DescribeAddresses", "DescribeKeyPairs", "DescribeVpnGateways", "ListDeliveryStreams", "ListDomainNames",
        "ListEventBuses", "ListOpenIDConnectProviders", "ListSAMLProviders",
    }
)  # fmt: skip
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MILLISECONDS = 100_000_000_000  # as seconds, this is the year 5138


@dataclass(frozen=True)
class Call:
    """An operation of a service, as botocore names both. `cursor` is what asks for the next
    page, where botocore has no paginator.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    cursor: str = ""

    @property
    def key(self) -> str:
        """Equal calls are made once, for all types that are read from the answer."""
        return f"{self.service}:{self.operation}:{self.arguments}"

    @property
    def method(self) -> str:
        """As boto3 has it. botocore's own function would import botocore for whoever only asks what is needed."""
        return _WORD.sub("_", self.operation).lower()

    @property
    def paginated(self) -> bool:
        return self.operation not in UNPAGED

    @property
    def permission(self) -> str:
        """The IAM action that allows it."""
        return iam_action(self.service, self.operation)


@dataclass(frozen=True)
class Within:
    """Something that has to be listed first: each of its `items` is an argument of the call."""

    call: Call
    items: str
    argument: str


@dataclass(frozen=True)
class Each:
    """A call for each item that was listed, with the path of the item's argument; its answer takes the item's place."""

    call: Call
    argument: str
    path: str
    answer: str


@dataclass(frozen=True)
class Lister:
    """One type. `id`, `arn` and `region` are paths, or a text with the `{placeholders}` of `_filled`.

    `owners` are paths that find something where a resource has an owner, each with the reason to leave it out. `vpc` is
    the path of the VPC of what belongs to the default one with it. `account` is the path of the account that owns it.
    """

    type: str
    call: Call
    items: str
    name: str
    id: str = "{name}"
    arn: str = ""
    created: str = ""
    tags: str = ""
    owners: tuple[tuple[Reason, str], ...] = ()
    vpc: str = ""
    account: str = ""
    region: str = ""
    everywhere: bool = False  # an account has one list of it for all regions
    within: Within | None = None
    each: Each | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        before = (self.within.call,) if self.within else ()
        return (*before, self.call, *((self.each.call,) if self.each else ()))


@dataclass(frozen=True)
class Around:
    """What is known where an answer was given."""

    place: Place
    partition: str = "aws"
    parent: str = ""
    default_vpcs: frozenset[str] = frozenset()


def items_of(path: str, answer: Any) -> Iterator[Any]:
    """Those of one page."""
    yield from found(path, answer) or ()


def resource_of(lister: Lister, item: Any, around: Around) -> CloudResource:
    name = _text(lister.name, item)
    where = _place(lister, item, around)
    filled = {
        "name": name,
        "parent": around.parent,
        "partition": around.partition,
        "account": where.account,
        "region": where.region,
    }
    own_id = _filled(lister.id, item, filled)
    owner, of = _owner(lister, item, around)
    return CloudResource(
        place=Place(around.place.account, where.region),
        type=lister.type,
        import_id=own_id,
        arn=_filled(lister.arn, item, {**filled, "id": own_id}),
        name=name,
        created_at=moment(found(lister.created, item)) if lister.created else None,
        tags=tags_of(found(lister.tags, item)) if lister.tags else {},
        owner=owner,
        of=of,
    )


def found(path: str, within: Any) -> Any:
    """What JMESPath finds there."""
    return _compiled(path).search(within, options=_OPTIONS)


def moment(value: Any) -> datetime | None:
    """Services tell times as a time, as text, in seconds and in milliseconds."""
    try:
        match value:
            case datetime():
                return value if value.tzinfo else value.replace(tzinfo=UTC)
            case bool():
                return None
            case int() | float():
                return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
            case str():
                return moment(datetime.fromisoformat(value))
    except (ValueError, OverflowError, OSError):
        pass
    return None


def tags_of(value: Any) -> dict[str, str]:
    """Services tell tags as an object, or as a list of objects with a key and a value."""
    match value:
        case dict():
            return {str(key): str(text) for key, text in value.items()}
        case list():
            small = (
                {str(key).lower().removeprefix("tag"): text for key, text in one.items()} for one in value
            )
            return {str(one["key"]): str(one.get("value") or "") for one in small if "key" in one}
    return {}


class _Functions(functions.Functions):  # type: ignore[misc] # it has no types
    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_after(self, text: str | None, mark: str) -> str | None:
        return None if text is None else text.rpartition(mark)[2]


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@cache
def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def _text(path: str, item: Any) -> str:
    value = item if path == "@" else found(path, item)
    return "" if value is None else str(value)


def _filled(form: str, item: Any, values: Mapping[str, str]) -> str:
    if "{" in form:
        return form.format_map(values)
    return _text(form, item) if form else ""


def _place(lister: Lister, item: Any, around: Around) -> Place:
    """Where it is: with the account that an ARN names, and the region that a list for all regions tells."""
    account = (_text(lister.account, item) if lister.account else "") or around.place.account
    region = GLOBAL if lister.everywhere else around.place.region
    return Place(account, (_text(lister.region, item) if lister.region else "") or region)


def _owner(lister: Lister, item: Any, around: Around) -> tuple[str, str]:
    account = _text(lister.account, item) if lister.account else ""
    if account not in {"", around.place.account}:
        return Reason.OTHER_ACCOUNT, account
    if lister.vpc and (vpc := _text(lister.vpc, item)) in around.default_vpcs:
        return Reason.VPC_DEFAULT, vpc
    for reason, path in lister.owners:
        try:
            owner = found(path, item)
        except JMESPathError:  # a function of something that this item does not have
            continue
        if owner:
            return reason, owner if isinstance(owner, str) else ""
    return "", ""
