"""Guard rails: what a plan may not do at all, and what it may do only when somebody types the stack's name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.model.pattern import covered
from runner.model.plan import Action, ChangeSet, ResourceChange
from runner.model.settings import Guardrails


@dataclass(frozen=True)
class Violation:
    """`blocking` says that no approval helps; otherwise the stack's name has to be typed."""

    code: str
    sentence: str
    blocking: bool


def violations(
    changes: ChangeSet, guardrails: Guardrails, protect: Sequence[str] = (), *, destroy: bool = False
) -> tuple[Violation, ...]:
    """Every guard rail that this plan breaks, the blocking ones first.

    `destroy` is for a run that was asked to destroy the stack: destroying much is its purpose, so the limits ask for
    the name instead of blocking.
    """
    limits = _limits(changes, guardrails, blocking=not destroy)
    return (*limits, *_protected(changes, guardrails, protect))


def needs_name_typed(found: Sequence[Violation]) -> bool:
    return any(not violation.blocking for violation in found)


def _limits(changes: ChangeSet, guardrails: Guardrails, *, blocking: bool) -> Iterator[Violation]:
    summary = changes.summary
    for code, count, limit, words in (
        ("max_destroys", summary.destroys, guardrails.max_destroys, "destroys or replaces {} resources"),
        ("max_changes", summary.changes, guardrails.max_changes, "changes {} resources"),
    ):
        if count > limit:
            yield Violation(code, f"it {words.format(count)}, and {code} is {limit}", blocking)


def _protected(changes: ChangeSet, guardrails: Guardrails, protect: Sequence[str]) -> Iterator[Violation]:
    addresses = (*guardrails.protect_addresses, *protect)
    for resource in changes.resources:
        if resource.data or resource.action not in _VERBS:
            continue
        if covered(guardrails.protect_types, resource.type):
            why = f"type {resource.type} is protected"
        elif covered(addresses, resource.address) or covered(addresses, resource.previous_address or ""):
            why = "it is protected"
        else:
            continue
        yield Violation(
            "protected", f"{resource.address} would be {_verb(resource)}, and {why}", blocking=False
        )


_VERBS: dict[Action, str] = {Action.DELETE: "destroyed", Action.REPLACE: "replaced"}


def _verb(resource: ResourceChange) -> str:
    deposed = f" (its old object {resource.deposed})" if resource.deposed else ""
    return _VERBS[resource.action] + deposed
