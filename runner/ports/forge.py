"""One repository at a forge, such as GitHub or GitLab: pull requests, and what Driftline writes there.

Every method may raise ForgeUnreachable, ForgeRefused or ForgeThrottled. Writing is idempotent: an equal text costs no write.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.forge.request import RequestAtForge, RequestComment
    from runner.model.forge.text import Capabilities, CommitStatus, IssueAtForge, IssueText


class Forge(Protocol):
    @property
    def name(self) -> str:
        """For people, such as `github.com/acme/infra`."""
        ...

    @property
    def can(self) -> Capabilities: ...

    def open_requests(self) -> tuple[RequestAtForge, ...]: ...

    def open_request(self, revision: str, branch: str, base: str, title: str, body: str) -> str:
        """The address of the open request with this head, or of a new one of the branch, which is at the forge."""
        ...

    def set_status(self, revision: str, status: CommitStatus) -> None:
        """A longer description is cut to what the forge accepts."""
        ...

    def save_comment(self, number: int, marker: str, body: str) -> None:
        """The only comment of Driftline's login that begins with the marker: created, or updated in place."""
        ...

    def save_commit_comment(self, revision: str, marker: str, body: str) -> None: ...

    def comments_since(self, since: datetime) -> tuple[RequestComment, ...]:
        """What people wrote in open requests, by time of the last update.

        Continue from the latest `updated`; what was updated in that very second comes again.
        """
        ...

    def open_issue(self, text: IssueText) -> int:
        """The number of the new issue, or of the open one that has the marker already. Unknown assignees are left out."""
        ...

    def update_issue(self, number: int, text: IssueText) -> None:
        """Title and body. Labels and assignees are people's after the issue was opened."""
        ...

    def close_issue(self, number: int, comment: str) -> None:
        """With a last comment; a closed issue stays as it is."""
        ...

    def own_issues(self, label: str) -> tuple[IssueAtForge, ...]:
        """The open issues of Driftline's login that have the label and a marker."""
        ...


class Forges(Protocol):
    def of(self, source: str) -> Forge | None:
        """None for a source without `forge`."""
        ...

    def close(self) -> None:
        """Its connections; the next use opens them again."""
        ...
