"""Pull requests of a source that previews none any more, or that is gone, end."""

from runner.model.preview.outlook import NOT_PREVIEWED
from runner.model.preview.pull_request import PullState
from runner.model.settings.server import Settings
from runner.ports.basics import Clock
from runner.ports.records.store import Store
from runner.service.preview.record import record


def retire_pulls(store: Store, settings: Settings, clock: Clock) -> None:
    previewing = {source.name for source in settings.sources if source.previews is not None}
    with store.reading() as reader:
        found = reader.pull_requests(states={PullState.OPEN})
    for pull in found:
        if pull.source not in previewing:
            record(store, pull.ended(PullState.CLOSED, NOT_PREVIEWED, clock.now()))
