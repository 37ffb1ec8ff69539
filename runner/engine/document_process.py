"""The process that reads one large document: python -m runner.engine.document_process MEMORY FOLDER.

It answers in files of the folder. Its memory and time limits affect only itself.
"""

import json
import sys
from pathlib import Path

from runner.engine.limits import limit_memory
from runner.errors import DriftlineError
from runner.model.execution.plan_report import Question, report_of
from runner.model.plan.reading import parse_document
from runner.model.values.codec import from_plain, to_plain

DOCUMENT, QUESTION, ANSWER, MASKED = "show.jsonl", "question.json", "answer.json", "masked.json"


def main() -> None:
    limit_memory(int(sys.argv[1]))
    folder = Path(sys.argv[2])
    question = from_plain(Question, json.loads((folder / QUESTION).read_bytes()))
    try:
        report, changes = report_of(parse_document((folder / DOCUMENT).read_bytes()), question)
    except DriftlineError as error:
        _write(folder / ANSWER, {"error": error.message})
        return
    _write(folder / MASKED, to_plain(changes))
    _write(folder / ANSWER, to_plain(report))


def _write(path: Path, content: object) -> None:
    with path.open("x", encoding="ascii") as file:
        json.dump(content, file, sort_keys=True)


if __name__ == "__main__":
    main()
