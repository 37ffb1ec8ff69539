"""The forge that a source's repository is at, and what authenticates Driftline there."""

from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar, Literal

from runner.model.stack.definition import STRICT
from runner.model.values.frozen import dataclass

ForgeType = Literal["github", "gitlab", "gitea", "bitbucket", "bitbucket-server"]


@dataclass(frozen=True)
class AppSettings:
    """A GitHub App: its id, the id of its installation, and its private key."""

    __pydantic_config__: ClassVar[Any] = STRICT
    id: str
    installation: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class DriftIssues:
    """Issues about confirmed drift: one for each stack, and beyond `max_open` of them one for all others.

    `assignees` are logins, or the owners of the stack by CODEOWNERS.
    """

    __pydantic_config__: ClassVar[Any] = STRICT
    labels: tuple[str, ...] = ("drift",)
    max_open: int = 20
    assignees: tuple[str, ...] | Literal["codeowners"] = ()


@dataclass(frozen=True)
class ForgeSettings:
    """`url` and `repository` are derived from the source's URL where that says them; `ca` has further certificates."""

    __pydantic_config__: ClassVar[Any] = STRICT
    type: ForgeType
    url: str | None = None
    repository: str | None = None
    token: str | None = field(default=None, repr=False)
    user: str | None = None
    app: AppSettings | None = None
    ca: Path | None = None
    drift_issues: DriftIssues | None = None
