"""SQS, as the port `ChangeQueue`."""

import json
from collections.abc import Sequence
from typing import Any

from runner.aws.cloud import Cloud
from runner.errors import AwsRefused
from runner.model.cloud_events.queue import BATCH, VISIBLE_AFTER, WAIT_SECONDS, Message, QueueAddress

REASON = "driftline.reason"
MOST_OF_REASON = 500


class SqsQueue:
    def __init__(self, cloud: Cloud, address: QueueAddress) -> None:
        self._cloud, self._address = cloud, address

    @property
    def address(self) -> QueueAddress:
        return self._address

    def receive(self) -> list[Message]:
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=VISIBLE_AFTER,
            AttributeNames=["ApproximateReceiveCount"],
        )
        return [_message(one) for one in answer.get("Messages", ())]

    def delete(self, messages: Sequence[Message]) -> None:
        entries = [{"Id": str(at), "ReceiptHandle": one.receipt} for at, one in enumerate(messages)]
        self._told("delete_message_batch", self._call("delete_message_batch", Entries=entries))

    def keep(self, messages: Sequence[Message]) -> None:
        entries = [
            {"Id": str(at), "ReceiptHandle": one.receipt, "VisibilityTimeout": VISIBLE_AFTER}
            for at, one in enumerate(messages)
        ]
        self._call("change_message_visibility_batch", Entries=entries)

    def bury(self, message: Message, reason: str) -> bool:
        grave = self._dead_letters()
        if grave is None:
            return False
        told = {REASON: {"DataType": "String", "StringValue": reason[:MOST_OF_REASON]}}
        self._cloud.call(
            self._address.place,
            "sqs",
            "send_message",
            QueueUrl=grave,
            MessageBody=message.body,
            MessageAttributes=told,
        )
        return True

    def _dead_letters(self) -> str | None:
        """Where its redrive policy leads; EventBridge and SQS use it for what is never read."""
        answer = self._call("get_queue_attributes", AttributeNames=["RedrivePolicy"])
        try:
            target = json.loads(answer.get("Attributes", {})["RedrivePolicy"])["deadLetterTargetArn"]
        except (KeyError, ValueError, TypeError):
            return None
        name = str(target).rpartition(":")[2]
        return self._address.url.removesuffix(self._address.name) + name

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._cloud.call(
            self._address.place, "sqs", operation, QueueUrl=self._address.url, **parameters
        )

    def _told(self, operation: str, answer: dict[str, Any]) -> None:
        """A batch may fail in part. What is not deleted comes again, and changes nothing then."""
        if failed := answer.get("Failed"):
            raise AwsRefused(
                action=f"sqs:{operation}",
                place=self._address.place,
                problem=str(failed[0].get("Message", "")),
            )


def _message(raw: dict[str, Any]) -> Message:
    times = raw.get("Attributes", {}).get("ApproximateReceiveCount", "1")
    return Message(raw["MessageId"], raw["ReceiptHandle"], raw.get("Body", ""), int(times))
