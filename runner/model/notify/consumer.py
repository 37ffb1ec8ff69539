"""The name under which a notification has its cursor and its dead letters."""

PREFIX = "notify/"


def consumer_of(notification: str) -> str:
    """Apart from the names of our own consumers."""
    return PREFIX + notification


def notification_of(consumer: str) -> str | None:
    """None for a consumer of our own."""
    return consumer.removeprefix(PREFIX) if consumer.startswith(PREFIX) else None
