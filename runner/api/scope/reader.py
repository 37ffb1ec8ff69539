"""Every method of the records, scoped or harmless."""

from collections.abc import Mapping

from runner.api.scope.accounts import SeenAccounts
from runner.api.scope.approvals import SeenApprovals
from runner.api.scope.audit import SeenAudit
from runner.api.scope.feed import SeenFeed
from runner.api.scope.logins import SeenLogins
from runner.api.scope.pulls import SeenPulls
from runner.api.scope.reports import SeenReports
from runner.api.scope.runs import SeenRuns
from runner.api.scope.sources import SeenSources
from runner.api.scope.stacks import SeenStacks
from runner.api.scope.states import SeenStates
from runner.api.scope.trends import SeenTrends
from runner.api.scope.work import SeenWork

# Methods whose answer says nothing of a stack that one may not see, and why.
HARMLESS: Mapping[str, str] = {
    "definition": "by a digest that only a record of the stack tells",
    "commit": "by a revision; whoever sees a stack of the source may know its commits",
    "rewritten": "revisions only",
    "signers": "people by revision",
    "distrusted": "checksums of providers",
    "compared": "checksums of providers and names of their types",
    "known_outputs": "keyed digests, and names of outputs only",
    "known_state": "lineage and serial",
    "outputs_used": "whether, and not by whom",
    "took": "durations by the number of a run",
    "events_head": "a number",
    "cursors": "positions of consumers",
    "cursor": "the position of a consumer",
    "waiting": "a number and a time",
    "daemon_request": "the operation shows people their own requests only",
    "knows_cloud_event": "whether, by an id of AWS",
    "audit_head": "a number and a hash",
    "audit_hash": "a hash",
    "audit_knows": "whether the installation was restored, and the like",
    "newest_time": "a time",
    "offer": "a number of a run, and the name of a pool",
    "workers": "names of workers and pools",
    "drained_pools": "names of pools",
}


class ScopedReader(
    SeenStacks,
    SeenRuns,
    SeenApprovals,
    SeenReports,
    SeenSources,
    SeenPulls,
    SeenStates,
    SeenAccounts,
    SeenFeed,
    SeenTrends,
    SeenLogins,
    SeenAudit,
    SeenWork,
):
    """Satisfies `Reader`; mypy finds the method that is missing here."""
