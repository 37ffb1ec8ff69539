"""What is written to a forge, and what it can show."""

from typing import Literal

from runner.model.values.frozen import dataclass

StatusState = Literal["pending", "success", "failure", "error"]


@dataclass(frozen=True)
class CommitStatus:
    """One line at a commit; a later one with the same context replaces it."""

    context: str
    state: StatusState
    description: str
    url: str | None = None


@dataclass(frozen=True)
class IssueText:
    """An issue as Driftline writes it; `marker` tells it from all others."""

    marker: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True)
class IssueAtForge:
    """An open issue that Driftline wrote; its body lacks the marker."""

    number: int
    marker: str
    title: str
    body: str
    url: str


@dataclass(frozen=True)
class Capabilities:
    """`body` and `description` are limits in bytes; `details`: `<details>` folds; `issues`: there is an issue tracker."""

    body: int
    description: int = 140
    details: bool = True
    issues: bool = True
    commit_comments: bool = True
