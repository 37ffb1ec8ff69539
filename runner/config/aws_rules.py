"""What the accounts of `aws` must satisfy."""

import re
from collections.abc import Iterator, Sequence

from runner.config.check import Complaint
from runner.config.engine_rules import is_region, is_role
from runner.config.place import KeyPath
from runner.model.aws.trail import TrailFolder
from runner.model.cloud_events.queue import QueueAddress
from runner.model.settings.aws import AwsAccount

_ACCOUNT = re.compile(r"[0-9]{12}")
_KEY = re.compile(r"arn:aws[a-z-]{0,16}:kms:[a-z0-9-]{1,32}:[0-9]{12}:key/[A-Za-z0-9-]{1,64}")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


def account_complaints(accounts: Sequence[AwsAccount]) -> Iterator[Complaint]:
    for index, account in enumerate(accounts):
        here: KeyPath = ("aws", index)
        if _ACCOUNT.fullmatch(account.account) is None:
            yield Complaint(
                (*here, "account"), 'expected the 12 digits of an account, quoted: "111122223333"'
            )
        elif any(other.account == account.account for other in accounts[:index]):
            yield Complaint((*here, "account"), "another entry already has this account")
        yield from _regions((*here, "regions"), account.regions)
        yield from _role(here, account)
        if account.trail is not None:
            try:
                TrailFolder.parse(account.trail)
            except ValueError as error:
                yield Complaint((*here, "trail"), str(error))
        yield from _queues((*here, "events"), account)
        if account.trail_key is not None and _KEY.fullmatch(account.trail_key) is None:
            message = "expected the ARN of a KMS key, such as arn:aws:kms:eu-west-1:111122223333:key/ID"
            yield Complaint((*here, "trail_key"), message)


def _queues(here: KeyPath, account: AwsAccount) -> Iterator[Complaint]:
    for index, url in enumerate(account.events):
        try:
            queue = QueueAddress.parse(url)
        except ValueError as error:
            yield Complaint((*here, index), str(error))
            continue
        if queue.account != account.account:
            yield Complaint((*here, index), f"expected a queue of account {account.account}")
        elif url in account.events[:index]:
            yield Complaint((*here, index), "this queue is listed twice")


def _regions(here: KeyPath, regions: Sequence[str]) -> Iterator[Complaint]:
    if not regions:
        yield Complaint(here, "the list is empty, so nothing is read", got=False)
    for index, region in enumerate(regions):
        if not is_region(region):
            yield Complaint((*here, index), "expected a region such as eu-west-1")
        elif region in regions[:index]:
            yield Complaint((*here, index), "this region is listed twice")


def _role(here: KeyPath, account: AwsAccount) -> Iterator[Complaint]:
    role = account.read_role
    if role is not None and not is_role(role):
        yield Complaint((*here, "read_role"), "expected a role such as arn:aws:iam::111122223333:role/name")
    elif role is not None and _ACCOUNT.fullmatch(account.account) and f"::{account.account}:" not in role:
        yield Complaint((*here, "read_role"), f"expected a role of account {account.account}")
    if account.external_id is not None:
        if role is None:
            yield Complaint((*here, "external_id"), "requires read_role", got=False)
        # Where this process does not read it, the reference is still there.
        if not account.external_id.startswith("${") and _EXTERNAL_ID.fullmatch(account.external_id) is None:
            message = "expected 2 to 1224 letters, digits and any of + = , . @ : / - _"
            yield Complaint((*here, "external_id"), message, got=False)
