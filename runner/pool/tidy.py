"""What earlier runs left on a worker's disk and no run of it needs: code of other revisions, results of `init`, unfinished files.

A worker has no records, so the daemon's retention is none for it: what is needed stands in its ledger.
"""

from datetime import timedelta

from runner.app import App
from runner.model.work.protocol import revisions
from runner.pool.ledger import Ledger
from runner.service.cycle.prune import SETTLED
from runner.source.packs import forget_packs

TIDY_SECONDS = 3600.0
SPARED = timedelta(hours=1)


def tidy(app: App) -> int:
    """The number of removed trees, folders and files. Trees and packs that were used within an hour stay, as those in use do."""
    now, settings = app.clock.now(), app.settings
    needed = frozenset(
        (entry.job.source.name, revision)
        for entry in Ledger(settings.data_dir).entries()
        for revision in revisions(entry.job.revision, entry.job.judging)
    )
    app.workspaces.clear_quarantine()
    return (
        app.git.keep_only(needed, now)
        + forget_packs(settings.data_dir, needed, now - SPARED, settings.timeouts.git)
        + app.workspaces.forget_unused(now)
        + app.workspaces.remove_unfinished(now - SETTLED)
    )
