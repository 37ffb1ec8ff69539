"""Whether a call was about what drifted: by its ARN, by an id that is unique, or by a name within its service."""

import re
from collections.abc import Iterator
from enum import StrEnum

from runner.model.attribution.calls import DISTINCT, TABLE, service_of
from runner.model.attribution.subject import GLOBAL, IDENTIFIES, Subject, is_global
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.parameters import mark_of, parameter

# Ids that AWS gives and that no two resources share: vpc-0a1b..., UUIDs, hosted zones and distributions.
_UNIQUE = re.compile(
    r"(?:[a-z]{1,12}-){1,2}[0-9a-f]{8,17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[ZE][A-Z0-9]{11,31}"
)
_TAGGING = frozenset({"tagging", "resource-groups-tagging"})
# How services are called in eventSource, where ARNs call them otherwise.
_SOURCES = {"cloudwatch": "monitoring"}


class Known(StrEnum):
    ARN = "CloudTrail names its ARN"
    ID = "the call names its id"
    NAME = "the call names it"


def recognized(subject: Subject, event: TrailEvent) -> Known | None:
    """How the event names the subject, if it does and is of its account and region."""
    if not _same_place(subject, event) or _another(subject, event):
        return None
    named = dict.fromkeys(_plain(value) for _, value in event.names)
    known = TABLE.get(subject.type)
    if known is not None and known.owner:
        return _by_owner(subject, event, known.owner)
    arn = _plain(subject.arn)
    if arn and (arn in named or arn in map(_plain, event.arns)):
        return Known.ARN
    mine = {_plain(value) for attribute, value in subject.names if attribute in IDENTIFIES}
    if any(_UNIQUE.fullmatch(one) and (one in named or one in event.arns) for one in mine):
        return Known.ID
    if _same_service(subject, event) and any(_names_it(subject, event, mine)):
        return Known.NAME
    return None


def _same_place(subject: Subject, event: TrailEvent) -> bool:
    if subject.account and event.account != subject.account:
        return False
    everywhere = event.service in GLOBAL or is_global(subject)
    return everywhere or not subject.region or event.region == subject.region


def _same_service(subject: Subject, event: TrailEvent) -> bool:
    own = service_of(subject.type) or subject.service
    return event.service in {own, _SOURCES.get(own, own)} or event.service in _TAGGING


def _names_it(subject: Subject, event: TrailEvent, mine: set[str]) -> Iterator[bool]:
    """Two resources of a service may have one name, such as a role and a user: the call or the parameter says which."""
    known = TABLE.get(subject.type)
    of_type = known is not None and event.name in known.all | known.gone
    noun = parameter(subject.type.rsplit("_", 1)[-1])
    for key, value in event.names:
        if any(same_name(value, one) for one in mine):
            yield of_type or (known is None and (noun in key or noun in event.name.lower()))
    if of_type or (known is None and noun in event.name.lower()):
        yield any(same_name(arn, one) for arn in event.arns for one in mine)


def _by_owner(subject: Subject, event: TrailEvent, owner: tuple[str, ...]) -> Known | None:
    """A part of something else, such as a rule of a group, is changed by a call that names the whole."""
    whole = [value for attribute, value in subject.names if attribute in owner]
    for value in whole:
        unique = _UNIQUE.fullmatch(value) is not None
        if not unique and not _same_service(subject, event):
            continue
        if any(same_name(named, value) for _, named in event.names) or value in event.arns:
            return Known.ID if unique else Known.NAME
    return None


def _another(subject: Subject, event: TrailEvent) -> bool:
    """Whether the call says that it is about another part of the same owner."""
    if subject.type not in DISTINCT:
        return False
    attribute, key = DISTINCT[subject.type]
    own = dict(subject.names).get(attribute, "")
    said = [value for name, value in event.names if name == key]
    if said:
        return not any(same_name(one, own) for one in said)
    marks = {mark for name, mark in event.sets if name == key and mark}
    return bool(own and marks) and mark_of(own) not in marks


def same_name(one: str, other: str) -> bool:
    """Also where one of them is the ARN of what the other one names."""
    one, other = _plain(one), _plain(other)
    if one == other:
        return bool(one)
    if one.startswith("arn:") == other.startswith("arn:"):
        return False
    arn, name = (one, other) if one.startswith("arn:") else (other, one)
    return name != "" and re.split(r"[/:]", arn)[-1] == name


def _plain(value: str) -> str:
    """As it is compared: without the forms that services put around it."""
    return value.removeprefix("/hostedzone/").removesuffix(":*").removesuffix(".")
