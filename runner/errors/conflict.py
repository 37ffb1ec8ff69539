"""Somebody else is at work on the same thing."""

from runner.errors.base import Conflict, DriftlineError


class StackLocked(Conflict):
    """stack "{stack}" is locked by {holder}: {reason}"""

    hint_template = 'driftline lock list   then   driftline lock release {stack} --reason "..."'


class StackBusy(Conflict):
    """stack "{stack}" is busy with {run} ({state} since {since})"""

    hint_template = "driftline logs -f {run}   or stop it with   driftline run cancel {run}"


class RunChanged(Conflict):
    """{run} changed in the meantime; it is now {state}"""

    hint_template = "driftline run show {run}"


class ReportChanged(Conflict):
    """{report} changed in the meantime; it is now {status}"""

    hint_template = "driftline drift show {report}"


class DatabaseBusy(Conflict):
    """another process kept the database {path} locked for {seconds} s"""

    hint_template = "try again; if it stays locked, find the process:   fuser -v {path}"


class ReadTooLong(DriftlineError):
    """reading the database took longer than {seconds} s"""

    exit_code = 7
    hint_template = "try again later; if it happens again, ask for less"


class SharedState(Conflict):
    """stacks "{stack}" and "{other}" use the same state ({identity})"""

    hint_template = (
        "give one of them its own backend key or terraform_workspace; then   driftline source sync"
    )


class StateBusy(Conflict):
    """{run} of stack "{stack}" or a process it started is still running and may change the state"""

    hint_template = "driftline lock list   then   driftline logs {run}"


class StateHeld(Conflict):
    """the state of stack "{stack}" is held by {lock}, which was not left by a Driftline run"""

    hint_template = (
        "wait until it is released, or ask whoever holds it; only if you are sure that process is dead, in a checkout "
        "of the stack:   terraform force-unlock {id}"
    )
