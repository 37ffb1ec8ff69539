"""Removing records that are past their retention."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class RetentionWriter(Protocol):
    def prune_runs(self, before: datetime) -> list[int]:
        """Delete final runs that ended before then, unless a stack or an open report needs them; returns their ids."""
        ...

    def prune_pull_requests(self, before: datetime) -> None:
        """Those that ended before."""
        ...

    def prune_reports(self, before: datetime) -> list[int]: ...
    def prune_outbox(self, before: datetime) -> int:
        """Delete events from before then that all consumers have passed; returns how many."""
        ...
