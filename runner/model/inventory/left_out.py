"""What counts neither as managed nor as unmanaged, because nobody would write code for it. Each has a reason that is shown."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from runner.model.inventory.resource import CloudResource
from runner.model.values.frozen import dataclass


class Reason(StrEnum):
    """The code of a reason. Listers name those that only their own answer shows."""

    SERVICE_LINKED = "service_linked"
    AWS_MANAGED = "aws_managed"
    VPC_DEFAULT = "vpc_default"
    PART_OF = "part_of"
    CLOUDFORMATION = "cloudformation"
    AUTOSCALING = "autoscaling"
    EKS = "eks"
    OTHER_TOOL = "other_tool"
    OTHER_ACCOUNT = "other_account"
    GOING = "going"
    IGNORED = "ignored"


SENTENCES: Mapping[str, str] = {
    Reason.SERVICE_LINKED: "service-linked role, which AWS creates and deletes",
    Reason.AWS_MANAGED: "managed by AWS",
    Reason.VPC_DEFAULT: "default part of a VPC",
    Reason.PART_OF: "created and deleted with another resource",
    Reason.CLOUDFORMATION: "belongs to a CloudFormation stack",
    Reason.AUTOSCALING: "started by an Auto Scaling group",
    Reason.EKS: "made by a Kubernetes cluster",
    Reason.OTHER_TOOL: "belongs to another tool",
    Reason.OTHER_ACCOUNT: "shared by another account",
    Reason.GOING: "is being deleted",
    Reason.IGNORED: "matches .driftignore",
}


@dataclass(frozen=True)
class LeftOut:
    reason: str
    of: str = ""  # the owner's name, where it is known

    def __str__(self) -> str:
        return SENTENCES[self.reason] + (f": {self.of}" if self.of else "")


@dataclass(frozen=True)
class TagRule:
    """Resources with this tag have an owner; `wanted` is the tag's value, empty for any."""

    tag: str
    reason: str
    wanted: str = ""
    prefix: bool = False

    def owner(self, tags: Mapping[str, str]) -> str | None:
        if self.prefix:
            names = (name for name in tags if name.startswith(self.tag))
            name = next((one for one in names if self.wanted in {"", tags[one]}), None)
            return None if name is None else name.removeprefix(self.tag)
        value = tags.get(self.tag)
        return value if value is not None and self.wanted in {"", value} else None


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html, and those of the
# services that start others. The first one that matches names the owner.
TAG_RULES = (
    TagRule("aws:cloudformation:stack-name", Reason.CLOUDFORMATION),
    TagRule("aws:autoscaling:groupName", Reason.AUTOSCALING),
    TagRule("aws:eks:cluster-name", Reason.EKS),
    TagRule("eks:cluster-name", Reason.EKS),
    TagRule("eks:eks-cluster-name", Reason.EKS),
    TagRule("elbv2.k8s.aws/cluster", Reason.EKS),
    TagRule("kubernetes.io/cluster/", Reason.EKS, wanted="owned", prefix=True),
    TagRule("kubernetes.io/created-for/pvc/name", Reason.EKS),
    TagRule("karpenter.sh/nodepool", Reason.EKS),
    TagRule("elasticbeanstalk:environment-name", Reason.OTHER_TOOL),
    TagRule("aws:elasticmapreduce:job-flow-id", Reason.OTHER_TOOL),
    TagRule("aws:servicecatalog:provisionedProductArn", Reason.OTHER_TOOL),
    TagRule("aws:backup:source-resource", Reason.OTHER_TOOL),
    TagRule("aws:dlm:lifecycle-policy-id", Reason.OTHER_TOOL),
    TagRule("AmazonECSManaged", Reason.OTHER_TOOL),
    TagRule("AWSServiceName", Reason.OTHER_TOOL),
)

Ignored = Callable[[CloudResource], bool]


def left_out(resource: CloudResource, ignored: Ignored) -> LeftOut | None:
    """Why it does not count; None for what should be in a stack."""
    if resource.owner:
        return LeftOut(resource.owner, resource.of)
    for rule in TAG_RULES:
        owner = rule.owner(resource.tags)
        if owner is not None:
            return LeftOut(rule.reason, owner)
    return LeftOut(Reason.IGNORED) if ignored(resource) else None
