"""Which listed objects the states of the stacks have.

An ARN identifies an object for certain. An id does so within its type, account and region, as far as these are known:
who hides what nobody manages is as wrong as who reports what a stack manages.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from runner.model.inventory.resource import Arn, CloudResource, comparable
from runner.model.values.frozen import dataclass

# Other types of the same objects.
SAME_OBJECT: Mapping[str, str] = MappingProxyType(
    {
        "aws_alb": "aws_lb",
        "aws_alb_target_group": "aws_lb_target_group",
        "aws_default_network_acl": "aws_network_acl",
        "aws_default_route_table": "aws_route_table",
        "aws_default_security_group": "aws_security_group",
        "aws_default_subnet": "aws_subnet",
        "aws_default_vpc": "aws_vpc",
        "aws_kms_external_key": "aws_kms_key",
        "aws_kms_replica_key": "aws_kms_key",
        "aws_spot_instance_request": "aws_instance",
    }
)


_UNIQUE = re.compile(r"[a-z]{1,20}(-[a-z]{1,20}){0,3}-[0-9a-f]{8,17}")  # such as `vpc-0a1b2c3d4e5f60718`


@dataclass(frozen=True)
class ManagedObject:
    """A resource instance in the state of a stack, as far as it can be recognised. `ids` are its id and its name."""

    stack: str
    address: str
    type: str
    arn: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Managed:
    """Answers for each listed object in constant time. Ids that no two objects have are also found without their type."""

    by_arn: Mapping[str, ManagedObject]
    by_id: Mapping[tuple[str, str], tuple[ManagedObject, ...]]

    @classmethod
    def of(cls, objects: Iterable[ManagedObject]) -> "Managed":
        by_arn: dict[str, ManagedObject] = {}
        by_id: defaultdict[tuple[str, str], list[ManagedObject]] = defaultdict(list)
        for one in objects:
            if one.arn:
                by_arn.setdefault(comparable(one.arn), one)
            for text in one.ids:
                by_id[kind_of(one.type), text].append(one)
                if _UNIQUE.fullmatch(text):
                    by_id["", text].append(one)
                if text.startswith("arn:"):
                    by_arn.setdefault(comparable(text), one)
        return cls(by_arn, {key: tuple(found) for key, found in by_id.items()})

    def owner(self, resource: CloudResource) -> ManagedObject | None:
        """The object in a state that it is; None if no stack manages it."""
        if resource.arn and (found := self.by_arn.get(comparable(resource.arn))):
            return found
        kind = kind_of(resource.type)
        for text in (resource.import_id, resource.name):
            for one in (*self.by_id.get((kind, text), ()), *self.by_id.get(("", text), ())) if text else ():
                arn = Arn.read(one.arn)
                if arn is None or arn.may_be_in(resource.place):
                    return one
        return None


def kind_of(terraform_type: str) -> str:
    return SAME_OBJECT.get(terraform_type, terraform_type)
