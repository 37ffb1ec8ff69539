"""What comes next for a run that waits for approval."""

from typing import TYPE_CHECKING

from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.view.objections import NEVER, goes_on, objections_to

if TYPE_CHECKING:
    from runner.ports.records.store import Reader


@dataclass(frozen=True)
class NextStep:
    """`command` goes on from here; `never` if the rules of the stack forbid applying it."""

    command: str
    never: bool


def next_step(settings: Settings, reader: "Reader", run: Run) -> NextStep:
    found = objections_to(settings, reader, run)
    return NextStep(goes_on(run, found), any(one.code == NEVER for one in found))
