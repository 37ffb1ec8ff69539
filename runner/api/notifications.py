"""Notifications: how their delivery goes, trying one, and what could not be delivered."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, NotificationNotFound
from runner.model.access.role import Role
from runner.model.events.feed import TOPICS
from runner.model.execution.daemon_request import AfterCrash
from runner.service.cycle.notify import Notified
from runner.service.operator import notify
from runner.view.notification import Handled, NotificationRows, notification_rows


@operation("GET", "/notifications", Role.OPERATOR)
def list_notifications(caller: Caller) -> NotificationRows:
    """Notifications, and how their delivery goes."""
    with caller.reading() as reader:
        return notification_rows(reader, caller.app.settings)


@operation("POST", "/notifications/{name}/test", Role.OPERATOR, at_daemon=AfterCrash.LOSE)
def try_notification(caller: Caller, name: str, *, topic: str = "run.awaiting_approval") -> None:
    """Send a sample of an event to a notification."""
    if topic not in TOPICS:
        raise BadUsage(f'no topic is called "{topic}"', hint="see docs/events.md")
    notify.try_out(_named(caller, name), topic, caller.app.clock)


@operation("POST", "/notifications/{name}/retry", Role.OPERATOR, at_daemon=AfterCrash.LOSE)
def retry_letters(caller: Caller, name: str, *, event: int | None = None) -> Handled:
    """Send the dead letters of a notification again, or one of them."""
    to = _named(caller, name)
    return Handled(name, notify.retry(caller.app.store, to, event, caller.person))


@operation("DELETE", "/notifications/{name}/letters", Role.OWNER)
def drop_letters(caller: Caller, name: str, *, event: int | None = None) -> Handled:
    """Forget the dead letters of a notification, or one of them, without sending them."""
    if all(one.name != name for one in caller.app.settings.notifications):
        raise NotificationNotFound(notification=name)
    return Handled(name, notify.drop(caller.app.store, name, event, caller.person))


def _named(caller: Caller, name: str) -> Notified:
    found = next((one for one in caller.app.notified if one.name == name), None)
    if found is None:
        raise NotificationNotFound(notification=name)
    return found
