"""Notifications, drawn."""

from datetime import datetime

from runner.cli.screen.output import Screen, Table
from runner.view.notification import NotificationRow, NotificationRows
from runner.view.when import ago, ahead

HEADS = ("NAME", "BY", "STACKS", "WHEN", "WAITING", "SENT", "LAST", "PROBLEM")


def notification_screen(rows: NotificationRows, now: datetime) -> Screen:
    yield Table(
        HEADS,
        [_row(row, now) for row in rows],
        empty="No notifications. Add them to the configuration, as in docs/notifications.md",
    )


def _row(of: NotificationRow, now: datetime) -> tuple[str, ...]:
    last = ago(of.last_sent, now) if of.last_sent else "-"
    return of.name, of.way, of.match, of.pace, str(of.waiting), str(of.messages), last, _problem(of, now)


def _problem(of: NotificationRow, now: datetime) -> str:
    again = f" (tries again {ahead(of.next_try, now)})" if of.next_try else ""
    said = [f"{of.problem}{again}"] if of.problem else []
    said += [f"dead letters: {of.dead_letters}"] if of.dead_letters else []
    return "; ".join(said) or "-"
