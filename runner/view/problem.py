"""Problems of stack files and of the configuration, each with its place."""

from typing import Literal

from runner.model.values.frozen import dataclass
from runner.model.values.problem import Problem


@dataclass(frozen=True)
class ProblemRow:
    file: str
    line: int
    column: int
    message: str
    stack: str | None
    severity: Literal["error", "warning"] = "error"


def problem_row(of: Problem, severity: Literal["error", "warning"] = "error") -> ProblemRow:
    return ProblemRow(of.file, of.line, of.column, of.message, of.stack, severity)
