"""What was read at forges: commands in comments, each taken once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.forge.planned import Answer
    from runner.model.forge.request import RequestComment


class ForgeReader(Protocol):
    def forge_since(self, source: str) -> datetime | None:
        """Until when its comments were read."""
        ...

    def read_at_forges(self) -> frozenset[str]:
        """The sources whose comments were read."""
        ...

    def comment_taken(self, source: str, comment: RequestComment) -> bool: ...
    def accounts_of(self, source: str, login: str) -> Collection[str]:
        """The ids of the accounts that gave commands under this login."""
        ...

    def answers(self, source: str, number: int) -> list[Answer]:
        """Of the commands in one pull request, oldest first."""
        ...


class ForgeWriter(ForgeReader, Protocol):
    def save_forge_since(self, source: str, since: datetime) -> None: ...
    def forget_forge(self, source: str) -> None:
        """What was read and missing there. Commands that acted never act again."""
        ...

    def take_comment(self, source: str, comment: RequestComment, command: str) -> None:
        """From now on it never acts again."""
        ...

    def answer_comment(self, source: str, comment: RequestComment, outcome: str, hint: str) -> None: ...
