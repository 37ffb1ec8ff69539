"""How many changes of each kind a plan has."""

from runner.model.changes.changes import Summary
from runner.model.values.codec import key
from runner.model.values.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Counts:
    create: int
    update: int
    replace: int
    delete: int
    import_: int = key("import")
    forget: int
    move: int
    output: int
    action: int


def counts_of(of: Summary) -> Counts:
    return Counts(**vars(of))


def summary_of(counts: Counts) -> Summary:
    return Summary(**vars(counts))
