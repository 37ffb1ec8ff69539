"""Every operation. A new one is a function in the file of its noun; a new noun is a row here."""

from functools import cache
from importlib import import_module
from typing import Any

from runner.api.operation import Operation

NOUNS = (
    "acceptance",
    "adoptions",
    "answers",
    "approvals",
    "artifacts",
    "audit",
    "checks",
    "coverage",
    "daemon",
    "drift",
    "engines",
    "events",
    "graph",
    "history",
    "inbox",
    "installation",
    "leaving",
    "locks",
    "me",
    "logs",
    "notifications",
    "pauses",
    "plans",
    "policies",
    "pools",
    "progress",
    "promotions",
    "providers",
    "pulls",
    "requests",
    "resolutions",
    "run_list",
    "runs",
    "sessions",
    "sources",
    "stack_list",
    "stacks",
    "state_versions",
    "states",
    "status",
    "tokens",
    "trends",
    "windows",
)

# Files that hold a part of a noun, so that a look at it imports no more than it shows.
PART_OF = {
    "acceptance": "drift",
    "checks": "drift",
    "daemon": "status",
    "progress": "runs",
    "run_list": "runs",
    "stack_list": "stacks",
}


@cache
def operations() -> tuple[Operation[..., Any], ...]:
    modules = (import_module(f"runner.api.{noun}") for noun in NOUNS)
    return tuple(
        value for module in modules for value in vars(module).values() if isinstance(value, Operation)
    )
