"""Whether a preview still says what the merge would do, so that a review of it could count."""

from runner.errors import ApprovalVoid
from runner.model.run.life import Kind, Run, State
from runner.ports.records.store import Reader


def refuse_old_preview(reader: Reader, run: Run) -> None:
    """ApprovalVoid for one that its request or its stack has left behind. It comes before the guardrails: resources
    that an apply has made since would look like a lost state.
    """
    if run.kind is not Kind.PREVIEW or run.state is not State.PLANNED:
        return
    pull = reader.pull_request_of(run.id)
    if pull is None:
        raise ApprovalVoid(
            run=run.name, what="its pull request has moved on, or ended", hint="driftline pr list --all"
        )
    if run.id in reader.previews_before_applies(pull.source):
        raise ApprovalVoid(
            run=run.name,
            what=f"{run.stack} was applied since; the next poll plans it again",
            hint=f"driftline pr show {pull.number}",
        )
