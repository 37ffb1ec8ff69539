"""A pull request as it is known from Git: what would be merged, and which stacks that touches."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from runner.model.preview.heads import PullHead
from runner.model.values.frozen import dataclass


class PullState(StrEnum):
    OPEN = "open"
    MERGED = "merged"  # its branch has nothing that the base lacks
    CLOSED = "closed"  # its ref or its branch is gone


class Hold(StrEnum):
    """Why nothing of an open pull request is planned."""

    CONFLICT = "conflict"
    FORK = "fork"
    LIMIT = "limit"
    UNTRUSTED = "untrusted"
    FAILED = "failed"

    @property
    def in_words(self) -> str:
        return _HOLDS[self]


_HOLDS: dict[Hold, str] = {
    Hold.CONFLICT: "conflict",
    Hold.FORK: "from a fork",
    Hold.LIMIT: "over the limit",
    Hold.UNTRUSTED: "not trusted",
    Hold.FAILED: "cannot be merged",
}


def beyond_limit(stacks: int) -> str:
    """In words; empty if there are none."""
    if not stacks:
        return ""
    more = "1 more stack is" if stacks == 1 else f"{stacks} more stacks are"
    return f"{more} touched and not planned (previews.max_stacks)"


@dataclass(frozen=True)
class PreviewedStack:
    """A stack that a pull request touches: with the run that plans it, or why there is none."""

    stack: str
    inputs: str = ""
    definition: str = ""  # digest
    run: int | None = None
    problem: str = ""

    def as_before(self, other: "PreviewedStack") -> bool:
        """Whether a plan of the other one says the same about this one."""
        return (self.stack, self.inputs, self.definition, self.problem) == (
            other.stack,
            other.inputs,
            other.definition,
            other.problem,
        )


@dataclass(frozen=True)
class PreviewOf:
    """What a preview was made of, also if its request has moved on: a digest of what that changed in this base."""

    source: str
    number: int
    base: str
    changes: str

    @property
    def name(self) -> str:
        """Such as `infra#7`."""
        return f"{self.source}#{self.number}"


@dataclass(frozen=True)
class PullRequest:
    source: str
    number: int
    ref: str
    head: str
    own: bool  # whether a branch of the same repository has this head
    state: PullState
    seen_at: datetime
    changed_at: datetime
    base: str = ""  # the revision that it was merged into
    merged: str | None = None  # the revision that the merge would make
    changes: str = ""  # digest of what it changes in the base
    hold: Hold | None = None
    reason: str = ""  # of the hold, or of its end
    judged_with: str = ""  # digest of the settings
    problems: tuple[str, ...] = ()  # in stack files, that the base does not have
    allowed_head: str = ""  # a fork's head that a person allowed to be planned
    allowed_by: str = ""
    stacks: tuple[PreviewedStack, ...] = ()
    title: str = ""  # as its forge says, like its author; made safe to show
    author: str = ""
    gone: bool = False  # whether it was not among the open ones at the forge when that was last read
    unplanned: int = 0  # more stacks that it touches, beyond `previews.max_stacks`
    failures: int = 0  # how often in a row it could not be merged

    @property
    def as_head(self) -> PullHead:
        return PullHead(self.number, self.ref, self.head, self.own)

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def allowed(self) -> bool:
        """Whether its code may be run: whoever may push to the repository wrote it, or a person has said so."""
        return self.own or self.allowed_head == self.head

    def ended(self, state: PullState, reason: str, now: datetime) -> "PullRequest":
        return replace(
            self, state=state, reason=reason, hold=None, changed_at=now, problems=(), unplanned=0, failures=0
        )

    def held(self, hold: Hold, reason: str, now: datetime) -> "PullRequest":
        failures = self.failures + 1 if hold is Hold.FAILED else 0
        return replace(
            self,
            hold=hold,
            reason=reason,
            merged=None,
            changed_at=now,
            problems=(),
            stacks=(),
            unplanned=0,
            failures=failures,
        )
