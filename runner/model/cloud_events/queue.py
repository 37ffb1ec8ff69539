"""The queue that EventBridge fills with the changes of an account and a region."""

import re
from datetime import datetime
from typing import Self

from runner.model.aws.place import Place
from runner.model.values.frozen import dataclass

_ADDRESS = re.compile(
    r"https://sqs\.([a-z]{2}(?:-[a-z]{1,12}){1,3}-[0-9])\.amazonaws\.com(?:\.cn)?/([0-9]{12})/([A-Za-z0-9_-]{1,80})"
)
EXPECTED = (
    "expected the URL of a standard queue such as https://sqs.eu-west-1.amazonaws.com/111122223333/driftline"
)


@dataclass(frozen=True)
class QueueAddress:
    """The address of a standard queue. FIFO queues are refused: EventBridge would need a message group, and order does not matter here."""

    url: str
    account: str
    region: str
    name: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """ValueError, which says what is expected."""
        found = _ADDRESS.fullmatch(url)
        if found is None:
            raise ValueError(EXPECTED)
        return cls(url, found[2], found[1], found[3])

    @property
    def place(self) -> Place:
        return Place(self.account, self.region)

    def __str__(self) -> str:
        return f"{self.name} in {self.place}"

    def arn(self, partition: str) -> str:
        return f"arn:{partition}:sqs:{self.region}:{self.account}:{self.name}"


@dataclass(frozen=True)
class QueueState:
    """How reading a queue goes. With a problem, the schedule of the checks is all that finds drift there."""

    url: str
    since: datetime  # when it began to be read, or the problem began
    problem: str = ""
    hint: str = ""
    received_at: datetime | None = None  # the last message

    @property
    def name(self) -> str:
        return str(QueueAddress.parse(self.url))


@dataclass(frozen=True)
class Message:
    """As SQS hands it out. `receipt` is for deleting it; it is handed out again if that does not happen in time."""

    id: str
    receipt: str
    body: str
    times: int = 1  # that it was handed out, this time included


# How long a message is out of sight of other readers, and after which part of that it is kept so for longer.
VISIBLE_AFTER = 60
EXTEND_EVERY = 20.0
WAIT_SECONDS = 20  # of a long poll: the most that SQS allows
BATCH = 10  # likewise
DEAD_LETTERS = "-dead-letters"  # behind the name of the queue, as `aws events setup` makes it
