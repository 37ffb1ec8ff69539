"""A rule says no, for now."""

from runner.errors.base import Blocked, DriftlineError


class DependencyMissing(Blocked):
    """stack "{stack}" depends on {dependency}, which has not been applied yet"""

    hint_template = (
        "driftline plan {dependency}   or, to plan without it:   driftline plan {stack} --ignore-dependencies"
    )


class OutputUnknown(Blocked):
    """stack "{stack}" needs output "{output}" of {upstream}, and its value is not known"""

    hint_template = (
        "driftline plan {upstream}   or, if it is applied, read it with:   driftline drift check {upstream}"
    )


class OutputMissing(Blocked):
    """stack "{stack}" takes output "{output}" of {upstream}, which has no such output"""

    hint_template = "driftline stack show {upstream}"


class PromotionWaits(Blocked):
    """stack "{stack}" {sentence}"""


class WrongState(Blocked):
    """{run} is {state}, so it cannot be {wish}"""

    hint_template = "driftline run show {run}"


class ApprovalMissing(Blocked):
    """{run} has {have} of {need} approvals"""

    hint_template = "driftline approve {run}"


class ApprovalForOtherPlan(Blocked):
    """the plan of {run} is {digest}, not {given}"""

    hint_template = "driftline run diff {run}   then   driftline approve {run}"


class ApprovalExpired(Blocked):
    """the approval of {run} has expired"""

    hint_template = "driftline plan {stack}"


class ApprovalVoid(Blocked):
    """{run} has to be planned again: {what}"""

    hint_template = "driftline run show {run}"


class PlanExpired(Blocked):
    """the plan of {run} expired at {since} and can no longer be approved or applied"""

    hint_template = "driftline plan {stack}"


class ClockWentBack(Blocked):
    """the clock went back: it is {now} now, but {newest} was recorded after {run} was planned, so the age of the plan is unknown"""

    hint_template = "timedatectl status   and, if the clock is right now:   driftline plan {stack}"


class GuardrailHit(Blocked):
    """{run} exceeds a guardrail: {violation}"""

    hint_template = (
        "driftline run diff {run}   then raise the guardrail in the configuration, or change the code"
    )


class PolicyDenied(Blocked):
    """{run} may not be applied: {what}"""

    hint_template = "driftline run diff {run}   then change the code or the policy:   driftline policy list"


class TreeRefused(Blocked):
    """stack "{stack}" is refused at {revision}: {problem}"""

    hint_template = "driftline stack show {stack}"


class NeverApplies(Blocked):
    """stack "{stack}" may not be applied: its mode is never ({origin})"""

    hint_template = "driftline stack show {stack}"


class WindowClosed(Blocked):
    """{run} waits for its window: {why}"""

    hint_template = (
        'driftline run show {run}   or, for owners:   driftline apply {run} --break-glass -m "..."'
    )


class RunUnresolved(Blocked):
    """{run} of {stack} is interrupted, and its outcome is not resolved yet"""

    hint_template = (
        "driftline run show {run}   then   driftline run resolve {run} --as applied|failed -m TEXT"
    )


class StackPaused(Blocked):
    """stack "{stack}" is paused by {by}: {reason}"""

    hint_template = "driftline stack resume {stack}"


class PartlyApplied(Blocked):
    """stack "{stack}" has parts of revision {revision} applied ({run}: {outcome}); healing would roll them back to the older revision"""

    hint_template = "driftline plan {stack}"


class NotAllowed(DriftlineError):
    """{who} may not {wish}: {reason}"""

    exit_code = 6
    hint_template = "driftline run show {run}"


class Untrusted(DriftlineError):
    """source "{source}": commit {commit} is not trusted: {reason}"""

    # `facts` also hold the full `revision` and the `head` it came with.

    exit_code = 6
    hint_template = (
        "push a new commit signed by a trusted key, or fix the files under verify of the source; "
        "then   driftline source sync {source}"
    )
