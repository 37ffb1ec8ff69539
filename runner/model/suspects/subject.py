"""What drifted, as AWS knows it."""

import re
from collections.abc import Iterable, Mapping, Sequence

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
# Addresses of these types: what AWS calls the resource.
PREFIX = "aws_"


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
    """Where its events may be: account and region, by the configured regions of each account."""
    accounts = (subject.account,) if subject.account else tuple(regions)
    found = []
    for account in accounts:
        known = regions.get(account, ())
        wanted = (subject.region,) if subject.region else tuple(known)
        found += [(account, region) for region in wanted if region in known]
    return tuple(found)
