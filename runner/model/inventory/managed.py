"""Which listed objects the states of the stacks have.

An ARN identifies an object for certain. An id does so within its type, account and region, as far as these are known:
hiding an unmanaged object is as wrong as reporting a managed one.
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
        "aws_ami_copy": "aws_ami",
        "aws_ami_from_instance": "aws_ami",
        "aws_docdb_subnet_group": "aws_db_subnet_group",
        "aws_ebs_snapshot_copy": "aws_ebs_snapshot",
        "aws_ebs_snapshot_import": "aws_ebs_snapshot",
        "aws_elasticsearch_domain": "aws_opensearch_domain",
        "aws_iam_service_linked_role": "aws_iam_role",
        "aws_msk_serverless_cluster": "aws_msk_cluster",
        "aws_neptune_subnet_group": "aws_db_subnet_group",
        "aws_serverlessapplicationrepository_cloudformation_stack": "aws_cloudformation_stack",
        "aws_vpc_peering_connection_accepter": "aws_vpc_peering_connection",
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


# Types of settings of another object, which have its ARN or its id: `aws_sns_topic_policy`, `aws_cloudwatch_event_target`.
_ABOUT_ANOTHER = re.compile(
    r"(?!aws_main_route_table_association).*_(policy|version|attachment|association|target|permission|rotation|notification|configuration|rule|tag)"
)


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

    by_arn: Mapping[str, tuple[ManagedObject, ...]]
    by_id: Mapping[tuple[str, str], tuple[ManagedObject, ...]]

    @classmethod
    def of(cls, objects: Iterable[ManagedObject]) -> "Managed":
        by_arn: defaultdict[str, list[ManagedObject]] = defaultdict(list)
        by_id: defaultdict[tuple[str, str], list[ManagedObject]] = defaultdict(list)
        for one in objects:
            if one.arn:
                by_arn[comparable(one.arn)].append(one)
            for text in one.ids:
                by_id[kind_of(one.type), text].append(one)
                if _UNIQUE.fullmatch(text):
                    by_id["", text].append(one)
                if text.startswith("arn:"):
                    by_arn[comparable(text)].append(one)
        return cls(
            {key: tuple(found) for key, found in by_arn.items()},
            {key: tuple(found) for key, found in by_id.items()},
        )

    def owner(self, resource: CloudResource) -> ManagedObject | None:
        """The object in a state that it is; None if no stack manages it."""
        kind = kind_of(resource.type)
        if resource.arn and (found := _same(self.by_arn.get(comparable(resource.arn), ()), kind)):
            return found
        for text in (resource.import_id, resource.name):
            known = (*self.by_id.get((kind, text), ()), *self.by_id.get(("", text), ())) if text else ()
            here = (
                one for one in known if (arn := Arn.read(one.arn)) is None or arn.may_be_in(resource.place)
            )
            if found := _same(here, kind):
                return found
        return None


def _same(objects: Iterable[ManagedObject], kind: str) -> ManagedObject | None:
    """Of this kind, else of one that is not about another object. What no row lists has no kind to compare."""
    found = list(objects)
    exact = next((one for one in found if kind_of(one.type) == kind), None)
    listed = kind.startswith("aws_")
    return exact or next((one for one in found if not (listed and _ABOUT_ANOTHER.fullmatch(one.type))), None)


def kind_of(terraform_type: str) -> str:
    return SAME_OBJECT.get(terraform_type, terraform_type)
