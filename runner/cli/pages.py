"""Pages that need more than the records: what is kept beside them as files."""

import json
from collections.abc import Iterable

from runner.app import App
from runner.errors import ArtifactNotFound
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Run, State
from runner.model.values.codec import from_plain
from runner.view.run_page import RunPage, run_page

PLANNED_AGAIN = "fresh.json"


def page_of(app: App, run_id: int) -> RunPage:
    names = app.artifacts.names(run_id)
    with app.store.reading() as reader:
        again = _planned_again(app, run_id) if reader.run(run_id).state is State.SUPERSEDED else None
        return run_page(reader, app.settings, app.clock, run_id, names, again)


def pages_of(app: App, runs: Iterable[Run]) -> tuple[RunPage, ...]:
    return tuple(page_of(app, run.id) for run in runs)


def _planned_again(app: App, run_id: int) -> ChangeSet | None:
    """The plan made again under the lock, where one was and retention has not removed it."""
    try:
        return from_plain(ChangeSet, json.loads(app.artifacts.get(run_id, PLANNED_AGAIN)))
    except ArtifactNotFound:
        return None
