"""What looking at a stack's tree found, right before its engine reads it."""

from runner.model.code.judged import Judged
from runner.model.stack.engine_wants import EngineWants
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Inspected:
    wants: EngineWants
    judged: Judged
