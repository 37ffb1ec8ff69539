"""What is old enough to go."""

from datetime import datetime
from typing import Protocol


class RetentionWriter(Protocol):
    def prune_runs(self, before: datetime) -> list[int]:
        """Delete final runs that ended before and that no stack and no open report needs; their ids."""
        ...

    def prune_reports(self, before: datetime) -> list[int]: ...
    def prune_outbox(self, before: datetime) -> int:
        """Delete events from before, none that a consumer has not passed."""
        ...
