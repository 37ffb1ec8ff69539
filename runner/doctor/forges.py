"""Forges: whether each can be reached, accepts its token, and would let it write. Nothing is written."""

from collections.abc import Iterator
from contextlib import closing

from runner.doctor.finding import Scene, failed, ok, warn
from runner.errors import DriftlineError
from runner.model.settings.source import SourceSettings
from runner.view.finding import Finding


def forges(scene: Scene) -> Iterator[Finding]:
    for source in scene.settings.sources:
        if source.forge is not None:
            yield _look(scene, source)


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
