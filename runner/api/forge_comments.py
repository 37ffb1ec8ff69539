"""What people ask for in comments at a forge: the same operations, performed by the daemon for the person."""

from collections.abc import Callable

from runner.api.approvals import approve_run
from runner.api.caller import Caller
from runner.app import App
from runner.errors import CommentRefused, Conflict
from runner.model.access.access import access_of
from runner.model.access.role import Role
from runner.model.forge.command import HELP, ApprovePlan, Command, Help, PlanAgain
from runner.model.forge.people import Stranger, commenter
from runner.model.forge.request import RequestComment
from runner.model.preview.pull_request import PullRequest, PullState
from runner.service.forge.commands import Perform
from runner.service.preview.again import matching, plan_again


def in_comments(app: Callable[[], App]) -> Perform:
    """`app` is asked each time: a reload makes a new one."""

    def perform(source: str, comment: RequestComment, command: Command) -> str:
        caller = _caller(app(), source, comment)
        match command:
            case Help():
                return f"unknown command; {HELP}" if command.unknown else HELP
            case PlanAgain():
                return _plan(caller, _pull(caller, source, comment), command)
            case ApprovePlan():
                return _approve(caller, _pull(caller, source, comment), command)

    return perform


def _caller(app: App, source: str, comment: RequestComment) -> Caller:
    """NotAllowed for a login that stands for nobody. Roles come from `web.access`, as for everybody who is not on the host."""
    with app.store.reading() as reader:
        before = reader.accounts_of(source, comment.author)
    found = commenter(comment, app.settings.required_source(source), app.settings.approvals.people, before)
    if isinstance(found, Stranger):
        raise CommentRefused(who=comment.author, reason=found.why)
    access = access_of(found.subjects, app.settings.web.access)
    return Caller(app, lambda: found.person, access, found.person.name, subjects=found.subjects)


def _pull(caller: Caller, source: str, comment: RequestComment) -> PullRequest:
    with caller.app.store.reading() as reader:
        pull = reader.pull_request(source, comment.number)
    if pull is None:
        raise CommentRefused(who=caller.name, reason=f"pull request #{comment.number} is not previewed")
    if pull.state is not PullState.OPEN:
        raise Conflict(
            f"pull request #{comment.number} is {pull.state}",
            hint=f"driftline pr show {comment.number} --source {source}",
        )
    return pull


def _plan(caller: Caller, pull: PullRequest, command: PlanAgain) -> str:
    again = matching(pull, command.stacks)
    for one in again:
        caller.require(Role.OPERATOR, one.stack, "plan it")
    if not again:
        return "no planned stack of this pull request matches"
    names = {one.stack for one in again}
    with caller.app.store.writing() as writer:
        # As it is now: a poll may have taken in a newer head since, or the end of the request.
        now = writer.pull_request(pull.source, pull.number) or pull
        plan_again(writer, now, tuple(one for one in now.stacks if one.stack in names))
    return f"plans again: {', '.join(one.stack for one in again)}"


def _approve(caller: Caller, pull: PullRequest, command: ApprovePlan) -> str:
    """Only a plan that this pull request has now: the digest of an earlier head is of another plan."""
    with caller.app.store.reading() as reader:
        runs = [reader.run(one.run) for one in pull.stacks if one.run is not None]
    named = [
        run
        for run in runs
        if any(known and known.startswith(command.digest) for known in (run.plan_digest, run.binding_digest))
    ]
    if len(named) != 1:
        return "no present plan of this pull request has this digest; look at it again above"
    done = approve_run(caller, named[0].id, digest=command.digest, comment=command.comment)
    return f"approved {done.run.id} of {done.run.stack} ({done.approvals})"
