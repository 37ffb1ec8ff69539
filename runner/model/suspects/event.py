"""A change that CloudTrail recorded, as far as it can explain a drift. Values of parameters are not kept.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from datetime import datetime

from runner.model.suspects.actor import Actor
from runner.model.values.frozen import dataclass

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TrailEvent:
    """`account` is the one that was changed. `address` and `agent` are where and with what the call came from.

    `arns` are the resources that CloudTrail names; `names` are further ids, names and ARNs of the request and its
    answer, by parameter; `sets` are the other parameters with a mark of their value (`mark_of`). Parameters are
    written in lower case, letters and digits only.
    """

    id: str
    at: datetime
    name: str
    source: str
    account: str
    region: str
    actor: Actor
    address: str
    agent: str
    request: str
    arns: tuple[str, ...] = ()
    names: Pairs = ()
    sets: Pairs = ()
    console: bool = False  # with the credentials of somebody's console session

    @property
    def service(self) -> str:
        return self.source.removesuffix(".amazonaws.com")
