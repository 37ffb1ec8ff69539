"""A stack with over a hundred resource types of AWS and nearly fifty data sources, each as small as it can be.

moto serves them all. What was tried and left out, and why, is in the README.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from probe_case import Case, Document, Situation, State

BLOCK = re.compile(r'^(resource|data) "(\w+)" "(\w+)"', re.MULTILINE)
MODULE = re.compile(r"module\.(\w+).*")
NO_OP, CREATE, DELETE, REPLACE, READ = "no-op", "create", "delete", "delete+create", "read"


def forget_all(state: State) -> None:
    state["resources"].clear()


def taint_all(state: State) -> None:
    for resource in state["resources"]:
        if resource["mode"] == "managed":
            for instance in resource["instances"]:
                instance["status"] = "tainted"


UNCHANGED = Situation("unchanged")
CHANGED = Situation("changed", code="changed")
CREATED = Situation("created", state=(forget_all,))
TAINTED = Situation("tainted", state=(taint_all,))
GONE = Situation("gone", code="gone")
TYPES = Case("types", "eu-west-1", (UNCHANGED, CREATED, CHANGED, TAINTED, GONE))
# Ten modules in the shape of those that everybody uses: switches, dynamic blocks, optional attributes, modules in modules.
MODULES = Case("modules", "eu-west-1", (UNCHANGED, CREATED, CHANGED, TAINTED))
# moto writes the redrive policy of a queue with spaces, so each plan of the modules finds it changed.
FOUND_AGAIN = {"aws_sqs_queue": {"update"}}
# Those with nothing that could be changed but the object they belong to.
NEVER_CHANGED = frozenset(
    {
        "aws_iam_group_policy_attachment",
        "aws_iam_role_policy_attachment",
        "aws_iam_user_group_membership",
        "aws_iam_user_policy_attachment",
        "aws_main_route_table_association",
    }
)


def types_of(mode: str) -> frozenset[str]:
    """Of all blocks of this mode, `resource` or `data`."""
    files = sorted(TYPES.folder.glob("*.tf"))
    return frozenset(
        name for path in files for found, name, _ in BLOCK.findall(path.read_text()) if found == mode
    )


def actions_of(document: Document) -> dict[str, set[str]]:
    """What a plan does, by type; without what it leaves as it is."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for mode, name, actions in _changes(document):
        if mode == "managed" and actions != NO_OP:
            found[name].add(actions)
    return dict(found)


def modules_of(document: Document) -> set[str]:
    """The modules of the root in which a plan does something."""
    return {
        MODULE.sub(r"\1", one["address"])
        for one in document.get("resource_changes") or ()
        if "module_address" in one and one["change"]["actions"] != [NO_OP]
    }


def _changes(document: Document) -> Iterator[tuple[str, str, str]]:
    for one in document.get("resource_changes") or ():
        yield one["mode"], one["type"], "+".join(one["change"]["actions"])
