"""The process that reads one large document: python -m runner.engine.document_process MEMORY FOLDER NAME.

NAME is the document's in the folder. It answers in files of the folder; to the question `null`, with its form. Its memory and time limits affect only itself.
"""

import json
import sys
from pathlib import Path

from runner.engine.limits import limit_memory
from runner.errors import DriftlineError
from runner.model.execution.plan_report import Question, report_of
from runner.model.plan.form import form_of
from runner.model.plan.reading import parse_document
from runner.model.values.codec import from_plain, to_plain

QUESTION, ANSWER, MASKED = "question.json", "answer.json", "masked.json"


def main() -> None:
    limit_memory(int(sys.argv[1]))
    folder = Path(sys.argv[2])
    asked = json.loads((folder / QUESTION).read_bytes())
    try:
        document = parse_document((folder / sys.argv[3]).read_bytes())
        if asked is None:
            _write(folder / ANSWER, {"form": sorted(form_of(document))})
            return
        report, changes = report_of(document, from_plain(Question, asked))
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
