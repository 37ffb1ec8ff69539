"""Receipts: one for each plan file that was handed to an apply, kept outside the database and never removed."""

from datetime import datetime

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Receipt:
    digest: str  # SHA-256 of the plan file
    run: int
    stack: str | None
    at: datetime | None

    @property
    def name(self) -> str:
        return f"run-{self.run}"
