"""What came of one answer to several runs: each run has an outcome of its own."""

from typing import Any, Literal

from runner.errors import DriftlineError
from runner.model.approval.approval import Person
from runner.model.approval.rules import Standing
from runner.model.run.life import Run
from runner.model.values.frozen import dataclass
from runner.view.facts import given
from runner.view.question import QuestionPage
from runner.view.refusal import refusal_document
from runner.view.run import RunRow, run_row

Outcome = Literal["approved", "rejected", "applied", "failed", "refused"]


@dataclass(frozen=True)
class Asked:
    """What is asked about one run, or why nothing is to be asked."""

    id: str
    page: QuestionPage | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answered:
    """`run` is None where none was found. `error` says why the answer was refused, as an error of the API does.

    `approvals` is such as `1 of 2`, and `missing` how many more it needs.
    """

    id: str
    outcome: Outcome
    run: RunRow | None = None
    by: str = ""
    approvals: str = ""
    missing: int = 0
    error: dict[str, Any] | None = None


AnsweredRuns = tuple[Answered, ...]


def refused(name: str, error: DriftlineError, run: RunRow | None = None) -> Answered:
    return Answered(name, "refused", run, error=refusal_document(error))


def approved_run(run: Run, by: Person, standing: Standing) -> Answered:
    return Answered(run.name, "approved", run_row(run), by.name, given(standing), standing.missing)
