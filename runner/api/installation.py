"""The installation itself: what is well, what is not, and how to mend it."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.view.finding import FindingRows


@operation("GET", "/doctor", Role.ADMIN, at_daemon=AfterCrash.REPEAT)
def examine_installation(caller: Caller, *, deep: bool = False) -> FindingRows:
    """Check the installation, and show how to fix each problem. `deep` also tries to assume the AWS roles of stacks."""
    from runner.doctor.checks import examine

    return tuple(examine(caller.app.config_path, deep=deep))
