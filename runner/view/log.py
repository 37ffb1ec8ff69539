"""The log of a run, part by part."""

from runner.model.values.frozen import dataclass
from runner.view.run import RunRow


@dataclass(frozen=True)
class LogPart:
    """`next` is where the following part begins.

    `end` says that nothing more has been written so far; `over` that nothing more will be until a person acts.
    """

    text: str
    next: int
    end: bool
    over: bool
    run: RunRow
