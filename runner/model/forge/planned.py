"""What a pull request would do, stack by stack: the frozen value that a comment and commit statuses are drawn from."""

from enum import StrEnum

from runner.model.changes.changes import ChangeSet, Summary
from runner.model.values.frozen import dataclass


class PlanState(StrEnum):
    """What came of the plan of one stack, as people read it; what needs them comes first."""

    FAILED = "plan failed"
    REFUSED = "refused by policy"
    PLANNED = "planned"
    WAITING = "waiting"
    NO_CHANGES = "no changes"


@dataclass(frozen=True)
class PlannedStack:
    """`note` says why it failed, waits or is refused; `drift` was there before. `url` is the page of its run.

    `after` says what happens to it after the merge, a sentence each. `digest` is that of its binding, where a person
    may approve it, and `approved_by` are those who have. `errors` are terraform's lines.
    """

    stack: str
    state: PlanState
    summary: Summary = Summary()
    changes: ChangeSet | None = None
    note: str = ""
    errors: tuple[str, ...] = ()
    run: str = ""
    url: str | None = None
    digest: str = ""
    approved_by: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    drift: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of a command that somebody wrote in a comment, and how to go on from there."""

    author: str
    command: str
    outcome: str
    hint: str = ""


@dataclass(frozen=True)
class PlannedRequest:
    """`problem` keeps all of it from being planned, such as a conflict; `hint` is the command that goes on from there.

    `beyond` says that more stacks are touched than one request may have planned. `revision` is its head, and `url` the page of the dashboard that has everything.
    `base` is the branch that it is for at the forge, if that is not `branch`, into which it is merged here.
    """

    number: int
    revision: str
    stacks: tuple[PlannedStack, ...] = ()
    problems: tuple[str, ...] = ()  # in stack files, that the base does not have
    problem: str = ""
    hint: str = ""
    url: str | None = None
    answers: tuple[Answer, ...] = ()
    beyond: str = ""
    branch: str = ""
    base: str = ""

    @property
    def command(self) -> str:
        """Shows everything in a terminal."""
        return f"driftline pr show {self.number}"
