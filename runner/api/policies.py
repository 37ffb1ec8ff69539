"""Policies and checks that judge plans."""

import tempfile
from pathlib import Path

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.service.approval.terms import counting
from runner.view.policy import PolicyRows, policy_rows


@operation("GET", "/policies", Role.VIEWER, at_daemon=AfterCrash.REPEAT)
def list_policies(caller: Caller) -> PolicyRows:
    """Policies and checks, with the stacks whose plans they check."""
    app = caller.app
    with caller.reading() as reader:
        present = [stack for stack in reader.stacks() if stack.missing_since is None]
        stacks = {stack.name: counting(reader, stack) for stack in present}
    now = app.policies.every()
    with tempfile.TemporaryDirectory(prefix="driftline-policy-") as folder:
        place = Path(folder).resolve()
        evaluation = app.judge.evaluation
        flaws = {one.name: evaluation.flaws(one, Path(tempfile.mkdtemp(dir=place))) for one in now.policies}
    return policy_rows(app.settings, now, flaws, stacks)
