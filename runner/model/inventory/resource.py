"""An object that a cloud lists: what it is for terraform, and whose it is."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Self

from runner.model.aws.place import Place
from runner.model.values.frozen import dataclass

GLOBAL = "global"  # the region of what an account has once, such as a role


@dataclass(frozen=True)
class CloudResource:
    """`type` and `import_id` are terraform's. Without an import id it can only be shown.

    `owner` is the code of a reason of `left_out.py`, where its own service says who owns it; `of` names that owner.
    """

    place: Place
    type: str
    import_id: str
    arn: str
    name: str
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    of: str = ""

    @property
    def key(self) -> str:
        """What identifies it among all that was listed."""
        return self.arn or f"{self.place.account}/{self.place.region}/{self.type}/{self.import_id}"


@dataclass(frozen=True)
class Arn:
    """The parts that say where an ARN's object is. Most of those of S3 and IAM have no region or account."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return None
        return cls(*parts[1:])

    def may_be_in(self, place: Place) -> bool:
        """Whether nothing in it says otherwise."""
        return self.account in {"", place.account} and (
            place.region == GLOBAL or self.region in {"", place.region}
        )


def comparable(arn: str) -> str:
    """Log groups have an ARN with and one without this end, and providers have stored either."""
    return arn.removesuffix(":*")
