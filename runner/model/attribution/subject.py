"""What drifted, as AWS knows it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from runner.model.attribution.calls import TABLE, service_of
from runner.model.changes.changes import MASK, Action, AttributeChange
from runner.model.drift.report import DriftClass, Finding
from runner.model.suspects.parameters import mark_of
from runner.model.values.frozen import dataclass

_ARN = re.compile(r"arn:[a-z-]+:([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|):.+")
# They are asked and logged in one region of their partition, whatever the provider's region is.
GLOBAL = frozenset({"iam", "route53", "cloudfront", "organizations", "globalaccelerator", "waf", "shield"})
# Attributes that say nothing of their own.
_ECHOES = (
    "tags_all",
    "last_modified",
    "last_updated_date",
    "last_update_date",
    "version_id",
    "qualified_arn",
    "etag",
)
PREFIX = "aws_"  # of types
MOST_NAMES, LONGEST_NAME = 3, 500
IDENTIFIES = frozenset((
    "alarm_name", "allocation_id", "arn", "bucket", "cluster_identifier", "function_name", "id", "identifier", "key_id", "name",
    "node_group_name", "replication_group_id", "repository_name", "url",
))  # fmt: skip


@dataclass(frozen=True)
class Drifted:
    """An attribute, and the mark of the value that is in the cloud now; empty where it is not known."""

    path: str
    mark: str = ""


@dataclass(frozen=True)
class Subject:
    """`names` are the values of attributes that identify it, by attribute. Account and region are empty if unknown."""

    address: str
    type: str
    gone: bool
    names: tuple[tuple[str, str], ...]
    attributes: tuple[Drifted, ...] = ()
    account: str = ""
    region: str = ""

    @property
    def arn(self) -> str:
        return dict(self.names).get("arn", "")

    @property
    def service(self) -> str:
        """By its ARN, as ARNs and CloudTrail name services; empty without one."""
        match = _ARN.fullmatch(self.arn)
        return match[1] if match else ""


def subjects(
    findings: Iterable[Finding], account: str = "", regions: Sequence[str] = ()
) -> tuple[Subject, ...]:
    """What counts as drift and AWS has a name for. `account` and `regions` are those of the stack's provider."""
    return tuple(
        _subject(one, account, regions[0] if len(regions) == 1 else "")
        for one in findings
        if one.counts and one.type.startswith(PREFIX) and one.names
    )


def _subject(of: Finding, account: str, region: str) -> Subject:
    names = dict(of.names)
    match = _ARN.fullmatch(names.get("arn", ""))
    if match is not None:
        service = match[1]
        account, region = (
            match[3] or account,
            match[2] or names.get("region", "" if service in GLOBAL else region),
        )
    else:
        region = names.get("region", region)
    return Subject(
        address=of.address,
        type=of.type,
        gone=of.drift_class is DriftClass.MISSING or of.action is Action.CREATE,
        names=of.names,
        attributes=_attributes(of.attributes),
        account=account,
        region="" if match and match[1] in GLOBAL else region,
    )


def _attributes(changes: Sequence[AttributeChange]) -> tuple[Drifted, ...]:
    told = [one for one in changes if not one.unknown and one.path.partition(".")[0] not in _ECHOES]
    return tuple(Drifted(one.path, _mark(one)) for one in told or changes)


def _mark(of: AttributeChange) -> str:
    """Of what is in the cloud now, which is what terraform would change away from."""
    return "" if of.sensitive or of.before == MASK else mark_of(of.before)


def words(path: str) -> tuple[str, ...]:
    """The parts of a path without indexes: `rule[0].port` are rule and port."""
    return tuple(part for part in re.split(r"[.\[\]\"]+", path) if part and not part.isdigit())


def places(subject: Subject, regions: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Where its calls are recorded, as account and region: among the configured regions of each account."""
    found: list[tuple[str, str]] = []
    for account in (subject.account,) if subject.account else tuple(regions):
        known = regions.get(account, ())
        if is_global(subject):
            wanted = [one for one in _OF_GLOBAL if one in known]
        else:
            wanted = [one for one in known if subject.region in {"", one}]
        found += [(account, region) for region in wanted]
    return tuple(found)


# The region that records calls of global services, in each partition.
_OF_GLOBAL = ("us-east-1", "us-gov-west-1", "cn-northwest-1")


def is_global(subject: Subject) -> bool:
    return (service_of(subject.type) or subject.service) in GLOBAL


def lookup_names(subject: Subject) -> tuple[str, ...]:
    """What the event history may call it, the shortest forms first: they are what most services record."""
    known = TABLE.get(subject.type)
    wanted = known.owner if known is not None and known.owner else IDENTIFIES
    names = {
        value for attribute, value in subject.names if attribute in wanted and 0 < len(value) <= LONGEST_NAME
    }
    return tuple(sorted(names, key=lambda name: (len(name), name)))[:MOST_NAMES]
