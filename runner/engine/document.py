"""Read a plan's document, in this process if it is small: a large one takes ten times its size, and minutes."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.engine.document_process import ANSWER, MASKED, QUESTION
from runner.engine.read_in_child import read_in_child
from runner.engine.session import Session
from runner.host.files import read_foreign, write_whole
from runner.model.changes.changes import Diagnostic
from runner.model.execution.plan_report import Question, Report
from runner.model.plan.form import Form
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.ports.engine import EngineError
from runner.process.run import Finished, Stopped

AT_HAND = 512 << 10  # bytes that can be parsed within a second, whatever they contain
LARGEST_ANSWER = 256 << 20
LARGEST_MASKED = 1 << 30


@dataclass(frozen=True)
class Document:
    """One in a file of the run, parsed by a process with its own limits."""

    session: Session
    file: Path
    seconds: float

    def __call__(self, question: Question) -> tuple[Report, bytes] | EngineError:
        """The report and the masked changes as JSON. It leaves no files behind."""
        control = self.session.control
        try:
            answer = self._asked(question)
            if isinstance(answer, EngineError):
                return answer
            return from_plain(Report, answer), read_foreign(control / MASKED, LARGEST_MASKED)
        finally:
            self._clear(self.file.name, MASKED)

    def form(self) -> Form | EngineError:
        """What it has in common with the document of an equal plan; the document stays."""
        answer = self._asked(None)
        return answer if isinstance(answer, EngineError) else frozenset(answer["form"])

    def _asked(self, question: Question | None) -> dict[str, Any] | EngineError:
        control = self.session.control
        try:
            size = self.file.stat().st_size
            write_whole(control / QUESTION, json.dumps(to_plain(question)).encode(), durable=False)
            arguments = (str(control), self.file.name)
            finished = read_in_child(
                self.session, "runner.engine.document_process", arguments, size, self.seconds
            )
            if finished.exit_code != 0:
                return self._failed(finished, size)
            answer: dict[str, Any] = json.loads(read_foreign(control / ANSWER, LARGEST_ANSWER))
            return self._error(str(answer["error"])) if "error" in answer else answer
        finally:
            self._clear(QUESTION, ANSWER)

    def _clear(self, *names: str) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                (self.session.control / name).unlink()

    def _failed(self, finished: Finished, size: int) -> EngineError:
        message = f"the plan's {size >> 20} MiB of JSON"
        if finished.stopped is Stopped.DEADLINE:
            return self._error(f"reading {message} took longer than {Seconds(self.seconds)}", timed_out=True)
        if finished.stopped is Stopped.CANCELED:
            return self._error("stopped on request", canceled=True)
        return self._error(
            f"{message} could not be read within its memory; split the stack into smaller ones"
        )

    def _error(self, message: str, **how: Any) -> EngineError:
        return EngineError("show", 1, (Diagnostic("error", message),), **how)
