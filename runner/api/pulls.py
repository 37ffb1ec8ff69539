"""Pull requests, and letting the code of a fork be planned."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, Conflict, PullRequestNotFound
from runner.model.access.role import Role
from runner.model.preview.pull_request import PullRequest, PullState
from runner.ports.records.store import Reader
from runner.service.approval.approve import MIN_PREFIX, PREFIX
from runner.view.pull import PullRow, PullRows, pull_row, pull_rows

UNKNOWN = "; those of forks are known only where a source has   previews: {forks: approved}"


@operation("GET", "/pulls", Role.VIEWER)
def list_pulls(caller: Caller, *, source: str | None = None, ended: bool = False) -> PullRows:
    """Pull requests with what they would do; only open ones, unless `ended`."""
    with caller.reading() as reader:
        return pull_rows(reader, source, ended=ended)


@operation("GET", "/pulls/{number}", Role.VIEWER)
def show_pull(caller: Caller, number: int, *, source: str | None = None) -> PullRow:
    """One pull request. Without a source, the only one of this number."""
    with caller.reading() as reader:
        return pull_row(reader, _named(reader, number, source))


@operation("POST", "/pulls/{number}/allow", Role.OPERATOR)
def allow_pull(caller: Caller, number: int, *, head: str, source: str | None = None) -> PullRow:
    """Let this head of a fork be planned, which runs its code with the plan role. At least 12 characters name it."""
    if not PREFIX.fullmatch(head):
        raise BadUsage(
            f"expected at least {MIN_PREFIX} characters 0-9 or a-f of the head, got {head!r}",
            hint=f"driftline pr show {number}",
        )
    with caller.app.store.writing() as writer:
        pull = _named(writer, number, source)
        if pull.state is not PullState.OPEN or not pull.head.startswith(head):
            raise Conflict(
                f"pull request {pull.name} of {pull.source} is at {pull.head[:12]}, and {pull.state}",
                hint=f"driftline pr show {number} --source {pull.source}",
            )
        if pull.own:
            raise Conflict(
                f"pull request {pull.name} of {pull.source} is from no fork: a branch of the repository has its head,"
                " so it is planned without being allowed",
                hint=f"driftline pr show {number} --source {pull.source}",
            )
        return pull_row(writer, writer.allow_pull_head(pull, by=caller.person.name))


def _named(reader: Reader, number: int, source: str | None) -> PullRequest:
    found = [
        one for one in reader.pull_requests(source) if one.number == number and reader.sees_source(one.source)
    ]
    if len(found) != 1:
        sources = ", ".join(sorted(one.source for one in found))
        more = f"; several sources have one: {sources}" if found else UNKNOWN
        raise PullRequestNotFound(number=number, more=more)
    return found[0]
