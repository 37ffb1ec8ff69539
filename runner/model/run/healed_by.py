"""Which heal rule let a plan pass, recorded with its run."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class HealedBy:
    """`rule` is its name for people, `digest` that of its text: a number moves when a rule is added above it."""

    rule: str
    digest: str
