"""A person's yes or no to a plan, and what is asked before."""

from functools import partial
from typing import TYPE_CHECKING, Literal

from runner.api.caller import Caller
from runner.api.choice import chosen
from runner.api.operation import operation
from runner.api.runs import show_run
from runner.datadir.daemon_lock import running_daemon
from runner.errors import ApprovalMissing, WrongState
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.run.life import State
from runner.service.approval import approve as verbs
from runner.service.approval import break_glass
from runner.service.approval.bind import refuse_denied
from runner.service.approval.question import Question, Seen, question
from runner.view.approved import Approved, Rejected, approved
from runner.view.facts import one_stack
from runner.view.next_step import NextStep, next_step
from runner.view.objections import goes_on, objections
from runner.view.question import QuestionPage, question_page
from runner.view.run import RunRow, RunRows, run_row, run_rows
from runner.view.window import ClosedView, closed_view

if TYPE_CHECKING:
    from runner.app import App
    from runner.service.approval.authorship import Authors


@operation("GET", "/waiting", Role.VIEWER)
def list_waiting(
    caller: Caller,
    *,
    label: tuple[str, ...] = (),
    match: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    state: Literal[State.AWAITING_APPROVAL, State.APPROVED] = State.AWAITING_APPROVAL,
) -> RunRows:
    """Runs that wait for approval, or approved ones, of stacks chosen by labels, globs over names, and sources.

    A stack has to have all of the labels, such as `env=prod`, match one of the globs, such as `prod/**`, and come
    from one of the sources.
    """
    with caller.reading() as reader:
        stacks = {stack.name for stack in chosen(reader, label, match, sources)}
        runs = reader.open_runs()
    return run_rows(run for run in runs if run.state is state and run.stack in stacks)


@operation("GET", "/runs/{run}/question", Role.VIEWER)
def show_question(caller: Caller, run: int) -> QuestionPage:
    """Everything that a person needs to see before they approve the plan of a run."""
    return _page(caller, _question(caller, run))


@operation("GET", "/runs/{run}/next", Role.VIEWER)
def show_next_step(caller: Caller, run: int) -> NextStep:
    """What comes next for a run that waits for approval: with the answers to its guardrails, or another plan."""
    with caller.reading() as reader:
        return next_step(caller.app.settings, reader, reader.run(run))


@operation("POST", "/runs/{run}/question", Role.APPROVER)
def ask_question(caller: Caller, run: int, *, accepted: tuple[str, ...] = ()) -> QuestionPage:
    """The same, refused where the caller may not approve it or no answer could pass; a refusal is recorded."""
    return question_of(caller, run, accepted)


def question_of(caller: Caller, run: int, accepted: tuple[str, ...] = ()) -> QuestionPage:
    person = caller.person  # before the look: who acts may have to put right what is looked at
    asked = _question(caller, run)
    verbs.refuse_early(caller.app.control, asked, person, frozenset(accepted))
    return _page(caller, asked)


def _question(caller: Caller, run: int) -> Question:
    with caller.reading() as reader:
        return question(caller.app.settings, caller.app.clock, reader, run)


def _page(caller: Caller, asked: Question) -> QuestionPage:
    with caller.reading() as reader:
        commit = reader.commit(asked.run.source, asked.run.revision)
    return question_page(asked, commit, caller.app.settings)


def git_authors(app: "App") -> "Authors":
    """Who wrote the code, where that is not on record. Git and the readers of code are imported only then."""
    from runner.model.code.operator_values import beside
    from runner.service.approval.authorship import Authors

    return Authors(app.git, app.modules, beside(app.settings))


# Git tells who wrote the code where that is not on record, and they may not approve it.
@operation("POST", "/runs/{run}/approve", Role.APPROVER, at_daemon=AfterCrash.REPEAT)
def approve_run(
    caller: Caller,
    run: int,
    *,
    digest: str,
    seen: Seen | None = None,
    comment: str = "",
    confirm: str | None = None,
    accepted: tuple[str, ...] = (),
) -> Approved:
    """Approve the plan of a run, and no other plan: `digest` begins the digest of the plan or of its binding.

    `seen` is that of the question that was shown. `confirm` is the name of the stack, where something protected
    may go. `accepted` are the answers to guardrails, such as `destroys=6`.
    """
    app = caller.app
    done, standing = verbs.approve(
        app.control,
        partial(git_authors, app),
        run,
        caller.person,
        digest=digest,
        comment=comment,
        typed_name=confirm,
        accepted=frozenset(accepted),
        seen=seen,
    )
    with caller.reading() as reader:
        facts = one_stack(reader, app.settings, app.clock, app.disk.shortage(), done.stack)
    daemon = running_daemon(app.settings.data_dir) is not None
    return approved(show_run(caller, run), caller.person, standing, facts.view, daemon=daemon)


@operation("POST", "/runs/{run}/reject", Role.APPROVER)
def reject_run(caller: Caller, run: int, *, reason: str, seen: State | None = None) -> Rejected:
    """Reject the plan of a run. With `seen`, only if the run is still in this state."""
    verbs.reject(caller.app.control, run, caller.person, reason, shown=seen)
    return Rejected(show_run(caller, run), caller.person.name)


@operation("POST", "/runs/{run}/apply", Role.OPERATOR)
def apply_run(caller: Caller, run: int) -> RunRow:
    """Refused unless the run is approved or applying. The daemon applies approved runs by itself."""
    asked = _question(caller, run)
    _refuse_unapproved(asked)
    return run_row(asked.run)


def _refuse_unapproved(asked: Question) -> None:
    run, standing = asked.run, asked.standing
    if run.state is State.AWAITING_APPROVAL:
        refuse_denied(run, asked.judged)
        have, hint = standing.needed - standing.missing, goes_on(run, objections(asked))
        raise ApprovalMissing(run=run.name, have=have, need=standing.needed, hint=hint)
    if run.state not in {State.APPROVED, State.APPLYING}:
        raise WrongState(run=run.name, state=run.state, wish="applied")


@operation("POST", "/runs/{run}/break-glass", Role.OWNER)
def open_windows(caller: Caller, run: int, *, reason: str) -> ClosedView | None:
    """Let an approved run be applied although its windows are closed; what was closed, or nothing."""
    return closed_view(break_glass.break_glass(caller.app.control, run, caller.person, reason))
