"""A record of CloudTrail as an event, if it is a successful change."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runner.model.suspects.actor import actor_of
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.parameters import names_in, settings_in
from runner.model.values.text import whole

LONGEST = 256
MOST_ARNS = 100
YEARS = range(2000, 9000)
_VERSION = re.compile(r"(?:20[0-9]{6}|20[0-9]{2}_[0-9]{2}_[0-9]{2})(?:v[0-9])?$")
_READS = re.compile(r"(?:Get|List|Describe|Head|Lookup|BatchGet|Search|Query|Scan|Select|View|Check)[A-Z]")
_SHAPE = ("eventID", "eventTime", "eventName", "eventSource")


def changed(record: Any) -> TrailEvent | None:
    """None for reads, failed calls, calls that were only tried (`DryRun`), and anything that is not a record."""
    if not isinstance(record, Mapping) or not all(isinstance(record.get(key), str) for key in _SHAPE):
        return None
    if record.get("errorCode") or _reads(record):
        return None
    at = time_in(record["eventTime"])
    if at is None:
        return None
    asked, answered = record.get("requestParameters"), record.get("responseElements")
    sets = settings_in(asked)  # answers repeat what was there before
    if ("dryrun", "btrue") in sets:
        return None
    return TrailEvent(
        id=_text(record, "eventID"),
        at=at,
        # Lambda and CloudFront name the version of their API too: UpdateFunctionCode20150331v2.
        name=_VERSION.sub("", _text(record, "eventName")),
        source=_text(record, "eventSource"),
        account=_text(record, "recipientAccountId") or _own_account(record),
        region=_text(record, "awsRegion"),
        actor=actor_of(record.get("userIdentity")),
        address=_text(record, "sourceIPAddress"),
        agent=_text(record, "userAgent"),
        request=_text(record, "requestID"),
        arns=_arns(record.get("resources")),
        names=tuple(dict.fromkeys((*names_in(asked), *names_in(answered)))),
        sets=sets,
        console=_text(record, "sessionCredentialFromConsole").lower() == "true",
    )


def _reads(record: Mapping[str, Any]) -> bool:
    said = record.get("readOnly")
    if isinstance(said, bool):
        return said
    if isinstance(said, str):
        return said.lower() == "true"
    return _READS.match(record["eventName"]) is not None


def _arns(resources: Any) -> tuple[str, ...]:
    found = resources if isinstance(resources, list) else []
    arns = (
        one.get("ARN") or one.get("arn") or one.get("resourceName")
        for one in found[:MOST_ARNS]
        if isinstance(one, Mapping)
    )
    return tuple(dict.fromkeys(whole(arn) for arn in arns if isinstance(arn, str) and len(arn) <= 2048))


def _own_account(record: Mapping[str, Any]) -> str:
    identity = record.get("userIdentity")
    return _text(identity, "accountId") if isinstance(identity, Mapping) else ""


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return whole(str(value)[:LONGEST]) if isinstance(value, str | int | bool) else ""


def time_in(text: str) -> datetime | None:
    """None for what is no time of CloudTrail: nothing can be added to the last days of year 9999."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC) if at.year in YEARS else None
