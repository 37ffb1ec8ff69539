"""The screen of a question, drawn from a page that came back from JSON: whatever stands in the way of a yes is on it."""

import json
from pathlib import Path

import pytest
from examples import NOW, a_run

from runner.cli.screen.output import Screen, Table, encode
from runner.cli.screen.question import question_screen, questions_screen
from runner.model.approval.guardrails import Violation
from runner.model.approval.rules import Standing
from runner.model.approval.terms import Terms, Word
from runner.model.changes.changes import Action, ChangeSet, Diagnostic, Invocation
from runner.model.drift.ignored import IgnoredChange
from runner.model.run.life import State
from runner.model.settings.context import Context
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.service.approval.question import Question
from runner.view.document import document, read_document
from runner.view.question import QuestionPage, question_page

SETTINGS = Settings(
    data_dir=Path("/var/lib/driftline"), contexts=(Context("prod-db", env={"PGPASSWORD": "${cred:db}"}),)
)
ONLY_ANA = Terms("approved", 2, author_may_approve=False, lists=(Word("from", ("ana",), "rule 1"),))
ASKED = Question(
    run=a_run(state=State.AWAITING_APPROVAL, targets=("aws_vpc.a",)),
    stack=StackDefinition("web"),
    terms=ONLY_ANA,
    changes=ChangeSet(
        provisioners=("test_thing.a",),
        actions=(Invocation("action.say.hi", "say", "say", "after test_thing.a is created"),),
    ),
    standing=Standing(2, ()),
    violations=(Violation("max_destroys", "it destroys 6 resources", blocking=True, answer="destroys=6"),),
    renamed_from="old-web",
    warnings=(Diagnostic("warning", "deprecated"),),
    ignored=(IgnoredChange("aws_asg.a", Action.UPDATE, ("capacity",)),),
)
MUST_BE_SEEN = (
    "it destroys 6 resources",
    "only ana may approve it",
    "0 of 2",
    "aws_vpc.a",
    "provisioners of test_thing.a",
    "action.say.hi",
    "capacity of aws_asg.a",
    "old-web",
    "prod-db sets PGPASSWORD",
)


def page() -> QuestionPage:
    plain = document(question_page(ASKED, None, SETTINGS))
    return read_document(QuestionPage, json.loads(json.dumps(plain)))


def text(screen: Screen) -> str:
    rows = [part.rows if isinstance(part, Table) else [[part]] for part in screen]
    return "\n".join(" ".join(encode(cell, colours=False) for cell in row) for part in rows for row in part)


@pytest.mark.parametrize("seen", [*MUST_BE_SEEN, "Warning: deprecated"])
def test_one_question_shows_it(seen: str) -> None:
    assert seen in text(question_screen(page(), NOW, full=False))


@pytest.mark.parametrize("seen", MUST_BE_SEEN)
def test_a_list_of_questions_shows_it(seen: str) -> None:
    assert seen in text(questions_screen((page(),), full=False))
