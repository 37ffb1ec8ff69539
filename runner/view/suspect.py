"""Who may have caused a drift, and how far that was looked for."""

from datetime import datetime

from runner.model.drift.report import DriftReport
from runner.model.drift.suspicion_text import line, state
from runner.model.suspects.actor import Kind
from runner.model.suspects.suspect import Suspect
from runner.model.values.codec import key
from runner.model.values.frozen import dataclass
from runner.view.when import whole


@dataclass(frozen=True, kw_only=True)
class SuspectRow:
    """One call that can explain what happened to `resource`. `says` is all of it in a sentence.

    `kind` and `name` are of whoever made it, with the `role` and the `source_identity` of a session; `run` and `stack`
    are set for a run of this installation. `ip` is a host name for AWS services. `confidence` is in percent.
    """

    resource: str
    attributes: tuple[str, ...]
    says: str
    who: str
    kind: Kind
    name: str
    role: str
    source_identity: str
    account: str
    at: datetime
    event: str
    service: str
    region: str
    ip: str
    agent: str
    tool: str
    request: str
    event_id: str
    confidence: int
    reasons: tuple[str, ...]
    run: str | None
    of_stack: str | None = key("stack")


@dataclass(frozen=True)
class SuspicionView:
    """`suspects` are the best first, by resource. `nobody` are the resources without any. `final` until new calls come."""

    suspects: tuple[SuspectRow, ...]
    nobody: tuple[str, ...]
    searched: tuple[str, ...]
    problems: tuple[str, ...]
    since: datetime
    until: datetime
    looked_at: datetime | None
    next_look: datetime | None
    final: bool
    says: str


def suspicion_view(of: DriftReport) -> SuspicionView | None:
    found = of.suspicion
    if found is None:
        return None
    return SuspicionView(
        suspects=tuple(_row(of, one) for one in found.suspects),
        nobody=found.unexplained,
        searched=found.searched,
        problems=found.problems,
        since=whole(found.since),
        until=whole(found.until),
        looked_at=whole(found.looked_at),
        next_look=whole(found.next_look),
        final=found.final,
        says=state(found),
    )


def _row(report: DriftReport, of: Suspect) -> SuspectRow:
    return SuspectRow(
        resource=of.address,
        attributes=of.attributes,
        says=line(report, of),
        who=of.who,
        kind=of.actor.kind,
        name=of.actor.name,
        role=of.actor.role,
        source_identity=of.actor.source,
        account=of.account,
        at=whole(of.at),
        event=of.event,
        service=of.service,
        region=of.region,
        ip=of.ip,
        agent=of.agent,
        tool=of.tool,
        request=of.request,
        event_id=of.event_id,
        confidence=of.confidence,
        reasons=of.reasons,
        run=of.run or None,
        of_stack=of.stack or None,
    )
