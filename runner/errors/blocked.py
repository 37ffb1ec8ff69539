"""A rule says no, for now."""

from runner.errors.base import Blocked, DriftlineError


class DependencyMissing(Blocked):
    """stack "{stack}" depends on {dependency}, of which nothing is applied yet"""

    hint_template = (
        "driftline plan {dependency}   or, to plan without it: driftline plan {stack} --ignore-dependencies"
    )


class WrongState(Blocked):
    """{run} is {state}, so it cannot be {wish}"""

    hint_template = "driftline run show {run}"


class ApprovalMissing(Blocked):
    """{run} has {have} of {need} approvals"""

    hint_template = "driftline approve {run}"


class ApprovalForOtherPlan(Blocked):
    """{run} has the plan {digest}, not {given}"""

    hint_template = "driftline run diff {run}   then   driftline approve {run}"


class ApprovalExpired(Blocked):
    """the approval of {run} has expired"""

    hint_template = "driftline plan {stack}"


class ApprovalVoid(Blocked):
    """the approval of {run} is void: {what}"""

    hint_template = "driftline run show {run}"


class PlanExpired(Blocked):
    """the plan of {run} is too old to be approved or applied since {since}"""

    hint_template = "driftline plan {stack}"


class ClockWentBack(Blocked):
    """it is {now} here, and {newest} was recorded since {run} was planned: the clock went back, so nobody knows how old that plan is"""

    hint_template = "timedatectl status   and where the clock is right now:   driftline plan {stack}"


class GuardrailHit(Blocked):
    """{run} breaks a guard rail: {violation}"""

    hint_template = (
        "driftline run diff {run}   then raise the guard rail in the configuration, or change the code"
    )


class TreeRefused(Blocked):
    """stack "{stack}" is refused at {revision}: {problem}"""

    hint_template = "driftline stack show {stack}"


class NeverApplies(Blocked):
    """stack "{stack}" is never applied, by {origin}"""

    hint_template = "driftline stack show {stack}"


class RunUnresolved(Blocked):
    """{run} of {stack} is interrupted, and nobody has said yet what became of it"""

    hint_template = (
        "driftline run show {run}   then   driftline run resolve {run} --as applied|failed -m TEXT"
    )


class StackPaused(Blocked):
    """stack "{stack}" is paused by {by}: {reason}"""

    hint_template = "driftline stack resume {stack}"


class PartlyApplied(Blocked):
    """stack "{stack}" holds parts of revision {revision} ({run}: {outcome}); healing would set them back to the older one"""

    hint_template = "driftline plan {stack}"


class NotAllowed(DriftlineError):
    """{who} may not {wish}: {reason}"""

    exit_code = 6
    hint_template = "driftline run show {run}"


class Untrusted(DriftlineError):
    """source "{source}": commit {commit} is not trusted: {reason}"""

    # Beside what is told, `facts` hold the whole `revision` and the `head` that it came with.

    exit_code = 6
    hint_template = (
        "push a commit on top that is signed by a trusted key, or mend the files under verify of the source; "
        "then   driftline source sync {source}"
    )
