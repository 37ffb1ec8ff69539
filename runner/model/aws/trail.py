"""Where CloudTrail writes its files in S3.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

import re
from datetime import date

from runner.model.values.frozen import dataclass

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.*'()/-]{0,400}))?")
_LOGS = "AWSLogs"


@dataclass(frozen=True)
class TrailFolder:
    """A bucket, and the prefix below which each account has its files."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, address: str) -> "TrailFolder":
        """`s3://BUCKET/PREFIX`, without or with `AWSLogs` and the id of an organization; ValueError otherwise."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise ValueError("expected s3://BUCKET or s3://BUCKET/PREFIX")
        parts = [part for part in (match[2] or "").split("/") if part]
        if _LOGS not in parts:
            parts.append(_LOGS)
        return cls(match[1], "/".join(parts) + "/")

    def of(self, account: str) -> str:
        """The prefix of all files of the account's trail."""
        return f"{self.prefix}{account}/CloudTrail/"

    def on(self, account: str, region: str, day: date) -> str:
        """The prefix of the files of one day, by the time of delivery in UTC."""
        return f"{self.of(account)}{region}/{day:%Y/%m/%d}/"
