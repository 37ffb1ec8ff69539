"""A Terraform state that is lost, damaged, or kept elsewhere."""

from runner.errors.base import Blocked, Conflict, DriftlineError, NotFound


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


class NotManaged(Blocked):
    """stack "{stack}" keeps its state in a backend ({identity}), not with Driftline"""

    hint_template = "in a checkout of the stack:   terraform state pull"


class NoStateYet(NotFound):
    """no state of stack "{stack}" is kept yet: it was never applied"""

    hint_template = "driftline plan {stack}"


class StateVersionNotFound(NotFound):
    """version {number} of the state of stack "{stack}" does not exist, or retention has removed it"""

    hint_template = "driftline state list {stack}"


class StateVersionLost(DriftlineError):
    """version {digest} of the state of {folder} cannot be read: {problem}"""

    hint_template = "driftline state list {folder}   shows the others, and a backup may have it:   driftline restore --help"


class StateEncrypted(Blocked):
    """OpenTofu has encrypted this state, so its content cannot be shown here"""

    hint_template = "driftline state pull STACK > state.json   gives the encrypted file"


class StateNotShown(Blocked):
    """version {number} of the state of stack "{stack}" has {size} bytes, and up to {most} are shown or compared"""

    hint_template = "driftline state pull {stack} --version {number} > FILE"


class StateForked(Blocked):
    """the state of stack "{stack}" was changed twice: in {path}, and in version {number} by {by}; nobody but you knows which one is right"""

    hint_template = (
        "driftline state push {stack} {path} --force   keeps the file,   rm {path}   keeps version {number}"
    )


class StateNotWritten(DriftlineError):
    """the state of stack "{stack}" cannot be written: {problem}"""

    hint_template = "driftline doctor"


class StateNotAccepted(Conflict):
    """the state cannot follow the newest one of stack "{stack}": {problem}"""

    hint_template = "driftline state list {stack}"


class StateLockHeld(Conflict):
    """terraform's lock on the state of stack "{stack}" is held: {lock}"""

    hint_template = 'driftline lock list   and, if a dead run left it,   driftline lock force-unlock {stack} --reason "..."'


class StateTooLarge(DriftlineError):
    """a state of more than {most} bytes cannot be stored"""

    hint_template = "split the stack, or give it a backend of its own"


class StateAccessRefused(DriftlineError):
    """no run that executes may use this state with these credentials: {problem}"""

    exit_code = 6
    hint_template = "the token of a run works for its own stack, while the run executes"
