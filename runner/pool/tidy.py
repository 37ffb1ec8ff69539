"""What earlier runs left on a worker's disk and no run of it needs: exported trees, results of `init`, unfinished files.

A worker has no records, so the daemon's retention is none for it: what is needed stands in its ledger.
"""

from runner.app import App
from runner.model.work.protocol import revisions
from runner.pool.ledger import Ledger
from runner.service.cycle.prune import SETTLED

TIDY_SECONDS = 3600.0


def tidy(app: App) -> int:
    """The number of removed trees, folders and files. Trees that were used within an hour stay, as those in use do."""
    now = app.clock.now()
    needed = frozenset(
        (entry.job.source.name, revision)
        for entry in Ledger(app.settings.data_dir).entries()
        for revision in revisions(entry.job.revision, entry.job.judging)
    )
    app.workspaces.clear_quarantine()
    return (
        app.git.keep_only(needed, now)
        + app.workspaces.forget_unused(now)
        + app.workspaces.remove_unfinished(now - SETTLED)
    )
