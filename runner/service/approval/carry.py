"""Reviews that survive the merge: a yes to a preview counts for a run that does the same."""

from runner.errors import BadUsage, Blocked, Conflict, DriftlineError, NotAllowed
from runner.model.approval.approval import Approval
from runner.model.approval.carried import Carried, differences
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import HALF_CHANGED, Kind, Run, State
from runner.ports.control import ControlPorts
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.service.approval.approve import Yes, give
from runner.service.approval.terms import run_terms
from runner.service.integrity.check_clock import steady_now


def carry_reviews(control: ControlPorts, git: Git, modules: Modules) -> list[Run]:
    """For every plan that waits and whose reviews were not looked at yet; returns those that are approved now.

    A crash in between loses nothing: the plan is looked at again, and an approval that is given twice is one.
    """
    with control.store.reading() as reader:
        waiting = reader.runs_with_reviews()
    approved = []
    for run in waiting:
        try:
            carried = _carry(control, git, modules, run)
        except DriftlineError:
            continue  # of Git or of the disk: it is looked at again
        with control.store.writing() as writer:
            if writer.carried(run.id) is None:
                writer.save_carried(carried)
            now = writer.run(run.id)
        if now.state is State.APPROVED:
            approved.append(now)
    return approved


def _carry(control: ControlPorts, git: Git, modules: Modules, run: Run) -> Carried:
    """The newest preview that does the same counts; else the differences to the newest one are kept, to be shown."""
    with control.store.reading() as reader:
        found = [_compared(reader, run, preview) for preview in reader.reviewed_previews(run.stack)]
        same = next((one for one in found if not one.differences), None)
        if same is None:
            return found[0]
        if run_terms(control.settings, reader, run).on_merge != "reviewed":
            return same
        if reader.stack(run.stack).applied_definition is None:
            return same  # the commit that declares it also says that reviews count
        given = _valid(control, reader, same)
    counted, refused = [], []
    for one in given:
        try:
            give(control, git, modules, run.id, one.person, _as_given(run, one, same.pull), at=one.at)
        except (Blocked, Conflict, NotAllowed, BadUsage) as error:
            refused.append(f"{one.person}: {error.message}")
        else:
            counted.append(one.person.name)
        with control.store.reading() as reader:
            if reader.run(run.id).state is not State.AWAITING_APPROVAL:
                break
    return Carried(run.id, same.preview, same.pull, tuple(counted), tuple(refused))


def _compared(reader: Reader, run: Run, preview: Run) -> Carried:
    reviewed, merged = reader.binding(preview.id), reader.binding(run.id)
    pull = reader.pull_request_that_had(preview.id)
    name = f"{pull.source}{pull.name}" if pull is not None else preview.name
    if reviewed is None or merged is None or reviewed.digest != preview.binding_digest:
        return Carried(run.id, preview.id, name, differences=("the record of what was reviewed",))
    differ = differences(reviewed, merged, reader.changes(run.id) or ChangeSet())
    if _applied_since(reader, preview):
        # The same changes once more were not reviewed: something undid them.
        differ = (*differ, "the state, as an apply has begun since the review's plan")
    return Carried(run.id, preview.id, name, differences=differ)


def _applied_since(reader: Reader, preview: Run) -> bool:
    begun = RunFilter(stack=preview.stack, states=HALF_CHANGED | {State.APPLIED}, limit=1)
    return any(
        preview.planned_at is None or run.changed_at > preview.planned_at for run in reader.runs(begun)
    )


def _valid(control: ControlPorts, reader: Reader, same: Carried) -> list[Approval]:
    """Reviews of exactly this preview that have not expired."""
    preview = reader.run(same.preview)
    now = steady_now(reader, control.clock, preview.name)
    return [
        one
        for one in reader.approvals(preview.id)
        if one.binding_digest == preview.binding_digest
        and (now - one.at).total_seconds() < control.settings.approvals.expire
    ]


def _as_given(run: Run, review: Approval, pull: str) -> Yes:
    """The same answers, to the plan of the merge. What had to be typed was typed for the preview."""
    assert run.kind is not Kind.PREVIEW
    return Yes(
        digest=run.binding_digest or "",
        comment=f"reviewed in {pull}" + (f": {review.comment}" if review.comment else ""),
        typed_name=run.stack,
        accepted=frozenset(review.accepted),
    )
