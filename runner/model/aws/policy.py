"""IAM policies: what Driftline needs, as the document that grants exactly that."""

from collections.abc import Iterable
from typing import Any

from runner.model.values.frozen import dataclass

EVERYTHING = ("*",)


@dataclass(frozen=True)
class Permission:
    """An action on resources, and what it is for."""

    action: str
    why: str
    resources: tuple[str, ...] = EVERYTHING


def policy_document(permissions: Iterable[Permission]) -> dict[str, Any]:
    """One statement for all actions on the same resources: AWS limits the size of a policy."""
    actions: dict[tuple[str, ...], set[str]] = {}
    for one in permissions:
        if one.resources:
            actions.setdefault(tuple(sorted(set(one.resources))), set()).add(one.action)
    statements = [
        {"Effect": "Allow", "Action": sorted(named), "Resource": list(resources)}
        for resources, named in sorted(actions.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}
