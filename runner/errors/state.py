"""A Terraform state that is lost, damaged, or kept elsewhere."""

from runner.errors.base import Blocked, DriftlineError


class StateUnsaved(Blocked):
    """terraform could not save the state of {stack}; it is kept in {path}, and without it planning would recreate every resource"""

    hint_template = "{command}   then   driftline run resolve {run} --as failed --state-pushed -m TEXT"


class StateDamaged(Blocked):
    """the state of stack "{stack}" in {path} is empty or cut off; planning would recreate every resource"""

    hint_template = "{command}   then   driftline plan {stack}"


class StateRefused(Blocked):
    """the state in {file} is not taken for stack "{stack}": {problem}"""

    hint_template = "driftline stack show {stack}"


class NotAState(DriftlineError):
    """{file} is no state that can be imported: {problem}"""

    hint_template = "in the folder where terraform keeps it:   terraform state pull > managed.tfstate"


class StateElsewhere(Blocked):
    """stack "{stack}" keeps its state in a backend ({identity}), so there is none of ours to import it into"""

    hint_template = "in a checkout of the stack:   terraform state push {file}"
