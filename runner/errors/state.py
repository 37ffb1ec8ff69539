"""A Terraform state that is lost, damaged, or kept elsewhere."""

from runner.errors.base import Blocked, DriftlineError


class StateUnsaved(Blocked):
    """terraform could not save the state of {stack}; it is in {path}, and without it planning would recreate every resource"""

    hint_template = "{command}   then   driftline run resolve {run} --as failed --state-pushed -m TEXT"


class StateDamaged(Blocked):
    """the state of stack "{stack}" in {path} is empty or truncated; planning would recreate every resource"""

    hint_template = "{command}   then   driftline plan {stack}"


class StateRefused(Blocked):
    """the state in {file} cannot be imported into stack "{stack}": {problem}"""

    hint_template = "driftline stack show {stack}"


class NotAState(DriftlineError):
    """{file} is not a state that can be imported: {problem}"""

    hint_template = "in the directory where terraform keeps it:   terraform state pull > managed.tfstate"


class StateElsewhere(Blocked):
    """stack "{stack}" keeps its state in a backend ({identity}), so Driftline has no managed state to import into"""

    hint_template = "in a checkout of the stack:   terraform state push {file}"
