"""Notifications: whether each could be delivered. Nothing is sent."""

from collections.abc import Iterator

from runner.doctor.finding import Scene, fail, ok
from runner.view.finding import Finding
from runner.view.words import counted

CHECK = "notifications"


def notifications(scene: Scene) -> Iterator[Finding]:
    """One finding for each flaw; nothing without notifications."""
    found = [
        fail(CHECK, f'notification "{one.name}": {flaw}', f"driftline notify test {one.name}")
        for one in scene.app.notified
        for flaw in one.channel.flaws()
    ]
    yield from found
    count = len(scene.app.notified)
    if count and not found:
        yield ok(CHECK, counted(count, "notification"))
