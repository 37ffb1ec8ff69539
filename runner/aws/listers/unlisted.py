"""What no row lists: the Resource Groups Tagging API knows what is or was tagged, AWS Config what it records.

They have ARNs and no types of terraform. What a row does list is taken from that row alone: both lag behind.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner.aws.listers.lister import Call, moment, tags_of
from runner.model.aws.place import Place
from runner.model.inventory.left_out import TAG_RULES
from runner.model.inventory.resource import Arn, CloudResource, comparable

# Service and kind in the ARNs of what the rows list.
LISTED = frozenset(
    {
        "acm:certificate", "apigateway:apis", "apigateway:restapis", "autoscaling:autoScalingGroup", "backup:backup-vault",
        "cloudformation:stack", "cloudfront:distribution", "cloudtrail:trail", "cloudwatch:alarm", "codebuild:project",
        "cognito-idp:userpool", "dynamodb:table", "ec2:egress-only-internet-gateway", "ec2:elastic-ip", "ec2:image",
        "ec2:instance", "ec2:internet-gateway", "ec2:key-pair", "ec2:launch-template", "ec2:natgateway", "ec2:network-acl",
        "ec2:route-table", "ec2:security-group", "ec2:snapshot", "ec2:subnet", "ec2:transit-gateway", "ec2:volume", "ec2:vpc",
        "ec2:vpc-endpoint", "ec2:vpc-peering-connection", "ec2:vpn-gateway", "ecr:repository", "ecs:cluster", "ecs:service",
        "eks:cluster", "eks:nodegroup", "elasticache:cluster", "elasticache:replicationgroup", "elasticache:subnetgroup",
        "elasticfilesystem:file-system", "elasticloadbalancing:loadbalancer", "elasticloadbalancing:targetgroup", "es:domain",
        "events:event-bus", "events:rule", "firehose:deliverystream", "iam:group", "iam:instance-profile", "iam:oidc-provider",
        "iam:policy", "iam:role", "iam:saml-provider", "iam:user", "kafka:cluster", "kinesis:stream", "kms:alias", "kms:key",
        "lambda:function", "logs:log-group", "rds:cluster", "rds:db", "rds:pg", "rds:subgrp", "redshift:cluster",
        "route53:hostedzone", "s3:", "secretsmanager:secret", "sns:", "sqs:", "ssm:parameter", "states:stateMachine",
    }
)  # fmt: skip
# What AWS Config records of things that nobody makes: compliance, inventories, and its own.
_NOTHING_MADE = re.compile(
    r"AWS::(Config|SSM::(ManagedInstanceInventory|AssociationCompliance|PatchCompliance|FileData)|ServiceCatalog)"
)
_KIND = re.compile(r"/?([^/:]+)[/:]")
_TELLING = frozenset(rule.tag for rule in TAG_RULES if not rule.prefix)
_TELLING_PREFIXES = tuple(rule.tag for rule in TAG_RULES if rule.prefix)
_SELECT = "SELECT resourceId, resourceName, resourceType, arn, resourceCreationTime, tags"


def tagged_pages() -> Call:
    return Call("resourcegroupstaggingapi", "GetResources", {"ResourcesPerPage": 100})


def config_pages() -> Call:
    return Call("config", "SelectResourceConfig", {"Expression": _SELECT})


def kind_of(arn: Arn) -> str:
    """Such as `rds:db`; without a second part for services that have one kind of names, such as `sqs:`."""
    found = _KIND.match(arn.resource)
    return f"{arn.service}:{found[1] if found else ''}"


class Unlisted:
    """Of one place. Keeps the tags that name an owner, by ARN, and the ARNs that it has told."""

    def __init__(self, place: Place, bucket_tags: dict[str, Mapping[str, str]]) -> None:
        self.place = place
        self.bucket_tags = bucket_tags
        self.tags: dict[str, Mapping[str, str]] = {}
        self.told: set[str] = set()

    def with_tags(self, made: CloudResource) -> CloudResource:
        key = comparable(made.arn)
        more = self.tags.get(key) or self.bucket_tags.get(key)
        return replace(made, tags={**more, **made.tags}) if more else made

    def tagged(self, page: Mapping[str, Any]) -> Iterator[CloudResource]:
        for one in page.get("ResourceTagMappingList", ()):
            text, tags = str(one["ResourceARN"]), tags_of(one.get("Tags"))
            arn = Arn.read(text)
            if arn is None:
                continue
            kind = kind_of(arn)
            telling = {name: value for name, value in tags.items() if _tells(name)}
            if telling:
                kept = self.bucket_tags if kind == "s3:" else self.tags
                kept[comparable(text)] = telling
            yield from self._new(
                text, arn, kind, CloudResource(self.place, kind, "", text, _name(arn), tags=telling)
            )

    def configured(self, page: Mapping[str, Any]) -> Iterator[CloudResource]:
        for line in page.get("Results", ()):
            one = json.loads(line)
            text, kind = str(one.get("arn") or ""), str(one.get("resourceType") or "")
            arn = Arn.read(text)
            if arn is None or _NOTHING_MADE.match(kind):
                continue
            name = str(one.get("resourceName") or one.get("resourceId") or "")
            made = CloudResource(
                self.place,
                kind,
                "",
                text,
                name,
                moment(one.get("resourceCreationTime")),
                {key: value for key, value in tags_of(one.get("tags")).items() if _tells(key)},
            )
            yield from self._new(text, arn, kind_of(arn), made)

    def _new(self, text: str, arn: Arn, kind: str, made: CloudResource) -> Iterator[CloudResource]:
        """If no row lists it, it is in this place, and it was not told before."""
        if kind in LISTED or text in self.told or not arn.may_be_in(self.place):
            return
        self.told.add(text)
        yield made


def _tells(tag: str) -> bool:
    return tag in _TELLING or tag.startswith(_TELLING_PREFIXES)


def _name(arn: Arn) -> str:
    return re.split(r"[/:]", arn.resource)[-1]
