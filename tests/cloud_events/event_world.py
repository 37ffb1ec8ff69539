"""Events as EventBridge sends them, a queue in memory, and an installation that manages a queue and a role."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store_world import NOON, HandClock, discovered, opened, run_in

from runner.errors import DriftlineError
from runner.model.cloud_events.queue import Message, QueueAddress
from runner.model.inventory.state_object import SeenObjects, StateObject
from runner.model.run.life import Kind, Run, State
from runner.model.settings.server import Settings
from runner.model.stack.definition import AwsRoles, StackDefinition
from runner.service.cycle.cloud_events import Listener
from runner.service.queue.enqueue import enqueue_due
from runner.store.database import SqliteStore

ACCOUNT, REGION = "111122223333", "eu-west-1"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/driftline-events"
JOBS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
QUEUE = StateObject("aws_sqs_queue.jobs", "aws_sqs_queue", JOBS, (f"https://sqs/{ACCOUNT}/jobs", "jobs"))
APPLY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/driftline-apply"
ROLE = StateObject("aws_iam_role.app", "aws_iam_role", f"arn:aws:iam::{ACCOUNT}:role/app", ("app",))


def person(name: str = "ana") -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return {"type": "IAMUser", "userName": name, "arn": arn, "accountId": ACCOUNT}


def session(name: str, role: str = "driftline-apply") -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"userName": role, "type": "Role"}},
    }


def record(at: datetime = NOON, ident: str = "e-1", /, **more: Any) -> dict[str, Any]:
    """CloudTrail's record of a change of the queue `jobs`."""
    return {
        "eventVersion": "1.11",
        "eventID": ident,
        "eventTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "sqs.amazonaws.com",
        "eventName": "SetQueueAttributes",
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        "userIdentity": person(),
        "requestParameters": {"queueUrl": f"https://sqs/{ACCOUNT}/jobs", "attributes": {"DelaySeconds": "9"}},
        "responseElements": None,
        "resources": [{"ARN": JOBS, "accountId": ACCOUNT, "type": "AWS::SQS::Queue"}],
        **more,
    }


def envelope(detail: dict[str, Any]) -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "9d2c0a4e-0000-4000-8000-000000000001",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.sqs",
            "account": ACCOUNT,
            "region": REGION,
            "detail": detail,
        }
    )


@dataclass
class FakeQueue:
    """Hands out everything until it is deleted, as SQS may."""

    bodies: list[str] = field(default_factory=list)
    fails: DriftlineError | None = None
    buried: list[str] = field(default_factory=list)
    has_grave: bool = True
    address: QueueAddress = field(default_factory=lambda: QueueAddress.parse(URL))
    extended: int = 0

    def receive(self) -> Sequence[Message]:
        if self.fails is not None:
            raise self.fails
        return [Message(str(at), str(at), body) for at, body in enumerate(self.bodies[:10])]

    def delete(self, messages: Sequence[Message]) -> None:
        for one in messages:
            self.bodies.remove(one.body)

    def keep(self, messages: Sequence[Message]) -> None:
        self.extended += 1

    def bury(self, message: Message, reason: str) -> bool:
        if self.has_grave:
            self.buried.append(reason)
        return self.has_grave


@dataclass
class Installed:
    """`app` and `other` are applied; `app` manages the queue `jobs`."""

    store: SqliteStore
    clock: HandClock
    queue: FakeQueue

    @property
    def listener(self) -> Listener:
        return Listener(self.store, self.clock, Settings(Path("data")), self.queue, lambda _: nullcontext())

    def hears(self, *records: dict[str, Any]) -> None:
        self.queue.bodies += [envelope(one) for one in records]
        while self.queue.bodies:
            self.listener.take_some()

    def apply(self, state: State = State.APPLYING) -> Run:
        """Of `app`, with the role that `session` has."""
        definition = StackDefinition(name="app", aws=AwsRoles(apply_role=APPLY_ROLE))
        with self.store.writing() as writer:
            return run_in(writer, state, "app", definition=definition)

    def turn(self, **later: float) -> list[str]:
        """The stacks whose check is queued, once this time has passed."""
        self.clock.pass_(**(later or {"seconds": 1}))
        return [run.stack for run in enqueue_due(self.store, self.clock, ()) if run.kind is Kind.DRIFT]

    def checks(self, stack: str = "app") -> list[Run]:
        from runner.ports.records.runs import RunFilter

        with self.store.reading() as reader:
            return reader.runs(RunFilter(stack=stack, kind=Kind.DRIFT))


@contextmanager
def installed(folder: Path) -> Iterator[Installed]:
    clock = HandClock()
    with opened(folder, clock) as store:
        with store.writing() as writer:
            for name in ("app", "other"):
                writer.save_discovered(discovered(name))
                writer.mark_applied(run_in(writer, State.APPLIED, name))
                writer.schedule_check(name, datetime(2040, 1, 1, tzinfo=UTC))
            writer.save_objects("app", SeenObjects("line", 1, (QUEUE,)))
            writer.save_objects("other", SeenObjects("line", 1, (ROLE,)))
        yield Installed(store, clock, FakeQueue())
