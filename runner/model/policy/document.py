"""The input of a policy: the plan as `terraform show -json` prints it, with four more keys beside terraform's own."""

from collections.abc import Mapping
from typing import Any

from runner.model.stack.definition import StackDefinition

KEYS = ("run", "stack", "git", "drift")


def context(
    stack: StackDefinition,
    *,
    run: str = "",
    kind: str = "change",
    trigger: str = "",
    requested_by: str = "",
    targets: tuple[str, ...] = (),
    source: str = "",
    url: str = "",
    branch: str = "",
    revision: str = "",
    module: str = "",
    report: str = "",
) -> Mapping[str, Any]:
    return {
        "run": {
            "id": run,
            "kind": kind,
            "trigger": trigger,
            "requested_by": requested_by,
            "targets": list(targets),
        },
        "stack": {
            "name": stack.name,
            "labels": dict(stack.labels),
            "engine": stack.engine,
            "workspace": stack.terraform_workspace,
            "path": module,
            "depends_on": list(stack.dependencies),
        },
        "git": {"source": source, "url": url, "branch": branch, "revision": revision},
        # Of a run that heals drift: the report; otherwise null.
        "drift": {"report": report or None},
    }
