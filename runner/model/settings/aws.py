"""Accounts that Driftline may look into, beside what the runs of stacks do there."""

from dataclasses import field
from typing import Any, ClassVar

from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass

_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso", "us-isob": "aws-iso-b"}


@dataclass(frozen=True)
class AwsAccount:
    """One account, and the role that may read there. Without a role it is read with the daemon's own identity.

    `trail` is where CloudTrail writes the files of this account: `s3://BUCKET/PREFIX`. `trail_key` is the KMS key
    that they are encrypted with. `events` are URLs of SQS queues that EventBridge fills with changes. With `inventory` everything that exists there is listed, for `drift coverage`.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    account: str
    regions: tuple[str, ...]
    read_role: str | None = None
    external_id: str | None = field(default=None, repr=False)
    trail: str | None = None
    trail_key: str | None = None
    inventory: bool = False
    events: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """The second part of every ARN there."""
        if self.read_role is not None:
            return self.read_role.split(":")[1]
        first, _, _ = (self.regions[0] if self.regions else "").rpartition("-")
        return _PARTITIONS.get(first.rpartition("-")[0], "aws")
