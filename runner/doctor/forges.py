"""Forges: whether each can be reached, accepts its token, and would let it write. Nothing is written."""

from collections.abc import Iterator
from contextlib import closing

from runner.doctor.finding import Scene, failed, ok, warn
from runner.errors import DriftlineError
from runner.model.forge.consumer import consumer_of
from runner.model.settings.source import SourceSettings
from runner.view.finding import Finding

_MINUTE = "%Y-%m-%d %H:%M UTC"


def forges(scene: Scene) -> Iterator[Finding]:
    for source in scene.settings.sources:
        if source.forge is not None:
            yield _look(scene, source)
            yield from _failing(scene, source)


def _look(scene: Scene, source: SourceSettings) -> Finding:
    from runner.forge.table import open_forge

    check = f"forge {source.name}"
    try:
        forge = open_forge(source, scene.app.clock)
        assert forge is not None
        with closing(forge):
            may = forge.may_write()
    except DriftlineError as error:
        return failed(check, error)
    if may is False:
        hint = "give it the permissions that docs/forges.md lists"
        return warn(
            check, f"{forge.name} accepts the token, which may not write statuses, comments or issues", hint
        )
    return ok(check, f"{forge.name} accepts the token{', which may write' if may else ''}")


def _failing(scene: Scene, source: SourceSettings) -> Iterator[Finding]:
    """What the daemon met there last, also where a look finds nothing wrong now."""
    if not scene.used:
        return
    try:
        with scene.app.store.reading() as reader:
            cursor = reader.cursor(consumer_of(source.name))
    except DriftlineError:
        return  # the database check reports it
    if cursor is not None and cursor.problem:
        since = f" since {cursor.failing_since:{_MINUTE}}" if cursor.failing_since else ""
        again = f"; it tries again at {cursor.next_try:{_MINUTE}}" if cursor.next_try else ""
        message = f"the daemon fails there{since}: {cursor.problem}{again}"
        yield warn(f"forge {source.name}", message, "mend what it names; docs/forges.md lists permissions")
