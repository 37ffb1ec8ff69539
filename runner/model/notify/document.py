"""A message for programs: shaped like an event of CloudEvents 1.0, https://github.com/cloudevents/spec."""

from typing import Any

from runner.model.notify.message import Message, Told
from runner.model.values.codec import to_plain


def event_document(message: Message, notification: str, source: str) -> dict[str, Any]:
    """`id` is the same at every delivery, `subject` in every message about one run or one drift."""
    kind = "digest" if message.digest else "events" if message.folded else message.told[0].topic
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"driftline.{kind}",
        "subject": message.conversation,
        "time": _moment(message),
        "datacontenttype": "application/json",
        "data": {
            "notification": notification,
            "test": message.test,
            "level": message.level,
            "title": message.title,
            **(_many(message) if message.folded else _one(message.told[0])),
        },
    }


def _many(message: Message) -> dict[str, Any]:
    return {
        "count": message.count,
        "topics": dict(message.topics or {}),
        "stacks": list(message.names),
        "more_stacks": message.more_names,
        "events": [_one(told) for told in message.told],
    }


def _one(told: Told) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(told, lambda at: at.isoformat(timespec="seconds"))
    return plain


def _moment(message: Message) -> str:
    return message.at.isoformat(timespec="seconds")
