"""One answer to the plans of several runs. Each run is judged by its own rules, and has an outcome of its own."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

from runner.api.approvals import git_authors, question_of
from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, DriftlineError
from runner.model.access.role import Role
from runner.model.approval.behind import Reviewed
from runner.model.execution.daemon_request import AfterCrash
from runner.model.run.life import Run, State
from runner.model.values.frozen import dataclass
from runner.service.approval import approve as verbs
from runner.service.approval.behind import AskGit, recorded_commits, reviewed
from runner.service.approval.question import Seen
from runner.service.approval.standing import standing_now
from runner.service.approval.terms import run_terms
from runner.view.answered import Answered, AnsweredRuns, Asked, approved_run, refused
from runner.view.refusal import refusal_document
from runner.view.run import run_row

MOST = 200  # runs of one answer


@dataclass(frozen=True)
class Approving:
    """A yes to the plan of one run, and to no other plan: as for a run alone."""

    run: int
    digest: str
    seen: Seen | None = None
    confirm: str | None = None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejecting:
    """A no to one run; with `seen` only if it is still in this state."""

    run: int
    seen: State | None = None


@operation("POST", "/questions", Role.APPROVER, anywhere=True)
def ask_questions(caller: Caller, *, runs: tuple[int, ...]) -> tuple[Asked, ...]:
    """What a person needs to see before they approve the plans of these runs; a refusal of one is recorded."""
    _refuse_too_many(runs)
    return tuple(_asked(caller, run) for run in runs)


def _asked(caller: Caller, run: int) -> Asked:
    try:
        _require(caller, run, "approve it")
        return Asked(f"run-{run}", question_of(caller, run))
    except DriftlineError as error:
        return Asked(f"run-{run}", error=refusal_document(error))


# Git tells who wrote the code, and they may not approve it.
@operation("POST", "/approvals", Role.APPROVER, at_daemon=AfterCrash.REPEAT, anywhere=True)
def approve_runs(caller: Caller, *, approving: tuple[Approving, ...], comment: str = "") -> AnsweredRuns:
    """Approve the plans of several runs. One that is refused stops no other; what was said before is not said again."""
    _refuse_too_many(approving)
    authors = _authors(caller, [one.run for one in approving])
    approve = partial(_approved, caller, authors, comment)
    return tuple(_each(caller, one.run, partial(approve, one)) for one in approving)


def _approved(caller: Caller, authors: AskGit, comment: str, one: Approving, run: Run) -> Answered:
    if (before := _said_before(caller, run, one.digest)) is not None:
        return before
    done, standing = verbs.approve(
        caller.app.control,
        authors,
        run.id,
        caller.person,
        digest=one.digest,
        comment=comment,
        typed_name=one.confirm,
        accepted=frozenset(one.accepted),
        seen=one.seen,
    )
    return approved_run(done, caller.person, standing)


def _said_before(caller: Caller, run: Run, digest: str) -> Answered | None:
    """A request that a daemon began and did not end is performed again: by then some have their approval."""
    app, person = caller.app, caller.person
    with caller.reading() as reader:
        now = standing_now(app.settings, app.clock, reader, run, run_terms(app.settings, reader, run))
    mine = (one for one in now.given if one.person == person)
    if verbs.PREFIX.fullmatch(digest) and any(
        digest in {known[: len(digest)] for known in (one.plan_digest, one.binding_digest)} for one in mine
    ):
        return approved_run(run, person, now)
    return None


@operation("POST", "/rejections", Role.APPROVER, anywhere=True)
def reject_runs(caller: Caller, *, rejecting: tuple[Rejecting, ...], reason: str) -> AnsweredRuns:
    """Reject the plans of several runs. One that cannot be rejected stops no other."""
    _refuse_too_many(rejecting)
    return tuple(_each(caller, one.run, partial(_rejected, caller, reason, one)) for one in rejecting)


def _rejected(caller: Caller, reason: str, one: Rejecting, run: Run) -> Answered:
    done = verbs.reject(caller.app.control, run.id, caller.person, reason, shown=one.seen)
    return Answered(done.name, "rejected", run_row(done), caller.person.name)


def _each(caller: Caller, run: int, answer: Callable[[Run], Answered]) -> Answered:
    found: Run | None = None
    try:
        found = _require(caller, run, "answer it")
        return answer(found)
    except DriftlineError as error:
        return refused(f"run-{run}", error, run_row(found) if found is not None else None)


def _require(caller: Caller, run: int, wish: str) -> Run:
    """The run; RunNotFound if the caller may not see it, RoleMissing if they may not answer it."""
    with caller.reading() as reader:
        found = reader.run(run)
    caller.require(Role.APPROVER, found.stack, wish)
    return found


def _authors(caller: Caller, runs: Iterable[int]) -> AskGit:
    """With the code of all runs for which Git is asked read together. What cannot be read is the trouble of its own run."""
    app, sources = caller.app, dict[str, list[tuple[Run, Reviewed]]]()
    with caller.reading() as reader:
        for run in dict.fromkeys(runs):
            try:
                found = reader.run(run)
                facts = reviewed(reader, found)
                if recorded_commits(reader, found, facts) is None:
                    sources.setdefault(found.source, []).append((found, facts))
            except DriftlineError:
                continue
    authors = cache(partial(git_authors, app))
    for name, together in sources.items():
        try:
            authors().prefetch(app.settings.required_source(name), together)
        except DriftlineError:
            continue
    return authors


def _refuse_too_many(runs: Sequence[object]) -> None:
    if len(runs) > MOST:
        raise BadUsage(f"expected at most {MOST} runs at a time, got {len(runs)}")
