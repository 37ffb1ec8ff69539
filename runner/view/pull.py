"""Pull requests: what each would do to the stacks that it touches."""

from collections.abc import Iterable
from datetime import datetime

from runner.model.preview.pull_request import Hold, PreviewedStack, PullRequest, PullState, beyond_limit
from runner.model.run.life import State
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader
from runner.view.counts import Counts, counts_of
from runner.view.when import whole


@dataclass(frozen=True)
class PullStackRow:
    """`run` is its preview; without one, `problem` says why. `reviewed_by` are those who approved it."""

    stack: str
    run: str | None
    state: State | None
    reason: str
    summary: Counts | None
    fingerprint: str | None
    binding_digest: str | None
    problem: str
    reviewed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class PullRow:
    """`title` and `author` are what its forge says, empty without one. `merged` is the revision that a merge of `head` into
    `base` would make, which its previews plan. `unplanned` counts stacks beyond those that one request may have planned.
    """

    source: str
    number: int
    title: str
    author: str
    state: PullState
    head: str
    fork: bool
    base: str
    merged: str | None
    hold: Hold | None
    reason: str
    problems: tuple[str, ...]
    allowed_by: str | None
    seen_at: datetime
    changed_at: datetime
    stacks: tuple[PullStackRow, ...]
    unplanned: int = 0

    @property
    def beyond(self) -> str:
        """That there are more stacks than a request may have planned."""
        return beyond_limit(self.unplanned)

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def touches_none(self) -> bool:
        """What is held, or has problems, was not read as a whole, so nothing is known of its stacks."""
        return not self.stacks and self.hold is None and not self.problems

    @property
    def planning(self) -> bool:
        """Whether a preview has not ended yet."""
        return any(one.state in {State.QUEUED, State.PLANNING} for one in self.stacks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The stacks that cannot be planned."""
        return tuple(one.stack for one in self.stacks if one.state is State.PLAN_FAILED)


PullRows = tuple[PullRow, ...]


def pull_rows(reader: Reader, source: str | None, *, ended: bool = False) -> PullRows:
    """The newest first; with `ended` also those that were merged or closed."""
    states = frozenset(PullState) if ended else frozenset({PullState.OPEN})
    found = reader.pull_requests(source, states)
    return tuple(pull_row(reader, one) for one in found if reader.sees_source(one.source))


def pull_row(reader: Reader, of: PullRequest) -> PullRow:
    return PullRow(
        source=of.source,
        number=of.number,
        title=of.title,
        author=of.author,
        state=of.state,
        head=of.head,
        fork=not of.own,
        base=of.base,
        merged=of.merged,
        hold=of.hold,
        reason=of.reason,
        problems=of.problems,
        allowed_by=of.allowed_by if of.allowed_head == of.head and of.allowed_by else None,
        seen_at=whole(of.seen_at),
        changed_at=whole(of.changed_at),
        stacks=tuple(_stack_rows(reader, of.stacks)),
        unplanned=of.unplanned,
    )


def _stack_rows(reader: Reader, stacks: Iterable[PreviewedStack]) -> Iterable[PullStackRow]:
    for one in stacks:
        run = None if one.run is None else reader.run(one.run)
        yield PullStackRow(
            stack=one.stack,
            run=run.name if run else None,
            state=run.state if run else None,
            reason=run.reason if run else "",
            summary=counts_of(run.summary) if run and run.planned_at else None,
            fingerprint=run.fingerprint if run else None,
            binding_digest=run.binding_digest if run else None,
            problem=one.problem,
            reviewed_by=tuple(given.person.name for given in reader.approvals(run.id)) if run else (),
        )
