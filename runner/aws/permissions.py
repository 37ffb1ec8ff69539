"""Every action that Driftline itself uses in an account: one table for the policy, doctor and the documentation.

A room that asks AWS for something new adds a row. `doctor` tries the rows with a `probe`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

from runner.aws.listers.table import Tried, tried_calls
from runner.model.aws.policy import EVERYTHING, Permission
from runner.model.aws.trail import TrailFolder
from runner.model.cloud_events.queue import DEAD_LETTERS, QueueAddress
from runner.model.settings.aws import AwsAccount
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Probe:
    """A harmless call that only the permission lets pass; service and operation as boto3 names them."""

    service: str
    operation: str
    parameters: Callable[[AwsAccount], Mapping[str, Any]] = field(default=lambda _: {})
    everywhere: bool = True  # in each region; False for global services


@dataclass(frozen=True)
class Needed:
    """`resources` are none where the configuration of the account has no use for the action."""

    action: str
    why: str
    resources: Callable[[AwsAccount], tuple[str, ...]] = field(default=lambda _: EVERYTHING)
    probe: Probe | None = None


def _trail(account: AwsAccount) -> TrailFolder | None:
    return None if account.trail is None else TrailFolder.parse(account.trail)


def _bucket(account: AwsAccount) -> tuple[str, ...]:
    trail = _trail(account)
    return () if trail is None else (f"arn:{account.partition}:s3:::{trail.bucket}",)


def _files(account: AwsAccount) -> tuple[str, ...]:
    trail = _trail(account)
    return (
        ()
        if trail is None
        else (f"arn:{account.partition}:s3:::{trail.bucket}/{trail.of(account.account)}*",)
    )


def _first_file(account: AwsAccount) -> Mapping[str, Any]:
    trail = _trail(account)
    assert trail is not None
    return {"Bucket": trail.bucket, "Prefix": trail.of(account.account), "MaxKeys": 1}


def _queues(account: AwsAccount) -> tuple[str, ...]:
    return tuple(QueueAddress.parse(url).arn(account.partition) for url in account.events)


def _dead_letters(account: AwsAccount) -> tuple[str, ...]:
    return tuple(f"{queue}{DEAD_LETTERS}" for queue in _queues(account))


def _if_listed(account: AwsAccount) -> tuple[str, ...]:
    return EVERYTHING if account.inventory else ()


def _listing() -> Iterator[Needed]:
    """What the rows of the listers use. Where a call needs no other one before it, `doctor` tries it."""
    for action, tried in sorted(tried_calls().items()):
        yield Needed(
            action,
            "what exists in the account, for drift coverage",
            _if_listed,
            _probe(tried) if tried else None,
        )


def _probe(tried: Tried) -> Probe:
    call = tried.call
    return Probe(call.service, call.method, lambda _: dict(call.arguments), everywhere=not tried.once)


TABLE: tuple[Needed, ...] = (
    Needed(
        "cloudtrail:LookupEvents",
        "who caused a drift, from the event history of CloudTrail",
        probe=Probe("cloudtrail", "lookup_events", lambda _: {"MaxResults": 1}),
    ),
    Needed(
        "s3:ListBucket",
        "who caused a drift, from the files of the trail",
        _bucket,
        Probe("s3", "list_objects_v2", _first_file, everywhere=False),
    ),
    Needed("s3:GetObject", "who caused a drift, from the files of the trail", _files),
    Needed(
        "kms:Decrypt",
        "files of the trail are encrypted with this key",
        lambda account: () if account.trail_key is None else (account.trail_key,),
    ),
    *(
        Needed(action, "changes as they happen, from the queues of events", _queues)
        for action in (
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        )
    ),
    Needed("sqs:SendMessage", "messages that cannot be read, into the dead-letter queue", _dead_letters),
    *_listing(),
)


def needed(account: AwsAccount) -> Iterator[tuple[Needed, Permission]]:
    """What the configuration of the account has use for."""
    for row in TABLE:
        if resources := row.resources(account):
            yield row, Permission(row.action, row.why, resources)


def of_account(account: AwsAccount) -> tuple[Permission, ...]:
    return tuple(permission for _, permission in needed(account))


def of_daemon(accounts: tuple[AwsAccount, ...]) -> tuple[Permission, ...]:
    """What the daemon's own identity needs: the roles, and what it reads without one."""
    roles = tuple(one.read_role for one in accounts if one.read_role is not None)
    own = [permission for one in accounts if one.read_role is None for permission in of_account(one)]
    return (Permission("sts:AssumeRole", "read the accounts under their read_role", roles), *own)
