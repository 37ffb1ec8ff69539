"""Reviews that survive the merge: a yes to a preview counts for a run that does the same."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from runner.errors import BadUsage, Blocked, Conflict, DriftlineError, NotAllowed
from runner.model.approval.approval import Approval
from runner.model.approval.carried import OTHER_FILES, Carried, differences
from runner.model.approval.terms import UNDER_FORMER_RULES
from runner.model.changes.changes import ChangeSet
from runner.model.code.operator_values import beside
from runner.model.preview.landing import landed
from runner.model.preview.pull_request import PreviewOf
from runner.model.run.life import HALF_CHANGED, Kind, Run, State
from runner.model.settings.source import SourceSettings
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.files import Modules
from runner.ports.git import Git
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader
from runner.service.approval.approve import Yes, give
from runner.service.approval.authorship import Authors
from runner.service.approval.behind import AskGit
from runner.service.approval.terms import run_terms
from runner.service.integrity.check_clock import steady_now


def carry_reviews(control: ControlPorts, git: Git, modules: Modules) -> list[Run]:
    """For every plan that waits and whose reviews were not looked at yet; returns those that are approved now.

    A crash in between loses nothing: the plan is looked at again, and an approval that is given twice is one.
    """
    with control.store.reading() as reader:
        waiting = reader.runs_with_reviews()
    approved = []
    authors = cache(lambda: Authors(git, modules, beside(control.settings)))
    for run in waiting:
        try:
            carried = _carry(control, git, authors, run)
        except DriftlineError:
            continue  # of Git or of the disk: it is looked at again
        if carried is None:
            continue
        with control.store.writing() as writer:
            if writer.carried(run.id) is None:
                writer.save_carried(carried)
            now = writer.run(run.id)
        if now.state is State.APPROVED:
            approved.append(now)
    return approved


def _carry(control: ControlPorts, git: Git, authors: AskGit, run: Run) -> Carried | None:
    """The newest preview that does the same counts; else the differences to the newest one are kept, to be shown.

    None if the reviews were withdrawn in the meantime, or what they are of was applied.
    """
    source = control.settings.required_source(run.source)
    with control.store.reading() as reader:
        found = [_compared(reader, run, preview) for preview in reader.reviewed_previews(run)]
    if not found:
        return None
    # Git is asked afterwards: whoever else wants to read or write would wait for it.
    same = next((one for one in found if not one.differences and _landed(git, source, one)), None)
    if same is None:
        return found[0].carried(found[0].differences or (OTHER_FILES,))
    with control.store.reading() as reader:
        if asked := run_terms(control.settings, reader, run).asks_after_merge:
            return replace(same.carried(), asked=asked)
        if reader.stack(run.stack).applied_definition is None:
            # The commit that declares it also says that reviews count.
            return replace(same.carried(), asked=UNDER_FORMER_RULES)
        given = _valid(control, reader, same.preview)
    counted, refused = [], []
    for one in given:
        try:
            give(control, authors, run.id, one.person, _as_given(run, one, same.name), at=one.at)
        except (Blocked, Conflict, NotAllowed, BadUsage) as error:
            refused.append(f"{one.person}: {error.message}")
        else:
            counted.append(one.person.name)
        with control.store.reading() as reader:
            if reader.run(run.id).state is not State.AWAITING_APPROVAL:
                break
    return replace(same.carried(), counted=tuple(counted), refused=tuple(refused))


@dataclass(frozen=True)
class _Compared:
    """What differs by the records, and what the request has to have changed in the branch."""

    run: Run
    preview: Run
    of: PreviewOf | None
    differences: tuple[str, ...]
    same_tree: bool = False

    @property
    def name(self) -> str:
        return self.preview.name if self.of is None else self.of.name

    def carried(self, differences: tuple[str, ...] = ()) -> Carried:
        return Carried(self.run.id, self.preview.id, self.name, differences=differences)


def _compared(reader: Reader, run: Run, preview: Run) -> _Compared:
    reviewed, merged = reader.binding(preview.id), reader.binding(run.id)
    of = reader.preview_of(preview.id)
    if reviewed is None or merged is None or reviewed.digest != preview.binding_digest:
        return _Compared(run, preview, of, ("the record of what was reviewed",))
    differ = differences(reviewed, merged, reader.changes(run.id) or ChangeSet())
    found = (*differ, *_since(reader, preview))
    return _Compared(run, preview, of, found, reviewed.tree == merged.tree)


def _since(reader: Reader, preview: Run) -> Iterator[str]:
    """What has happened to the stack since the review's plan and voids it."""

    def ended(*states: State) -> list[Run]:
        return reader.runs(RunFilter(preview.stack, states=frozenset(states), since=preview.planned_at))

    if ended(State.APPLIED, *HALF_CHANGED):
        # The same changes once more were not reviewed: something undid them.
        yield "the state, as an apply has begun since the review's plan"
    for run in ended(State.REJECTED):
        if run.fingerprint == preview.fingerprint:
            yield f"the judgement, as {run.name} with the same changes was rejected since"


def _landed(git: Git, source: SourceSettings, one: _Compared) -> bool:
    """Whether the branch got the files of the reviewed request and no others with them, whatever a plan depends on."""
    if one.same_tree:
        return True
    if one.of is None or not one.of.changes or not git.has(source, one.of.base):
        return False
    return landed(one.of.changes, one.of.base, git.steps(source, one.of.base, one.run.revision))


def _valid(control: ControlPorts, reader: Reader, preview: Run) -> list[Approval]:
    """Reviews of exactly this preview that have not expired."""
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
