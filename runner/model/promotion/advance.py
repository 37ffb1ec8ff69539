"""A person's word that a stage gets a revision early."""

from runner.model.promotion.rules import Held
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Advance:
    """Without the soak and the check of the stage before; `straight` also without its apply."""

    reason: str
    straight: bool = False

    def passes(self, held: Held) -> bool:
        return self.straight or held.early

    @property
    def action(self) -> str:
        """As the audit log has it."""
        return "promotion.straight" if self.straight else "promotion.advance"
