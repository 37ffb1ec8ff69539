"""Guard rails: what a plan may do only when a person allows it explicitly."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import MASK, Action, ChangeSet, ResourceChange
from runner.model.changes.configuration import config_address
from runner.model.code.engines import TERRAFORM
from runner.model.engine.constraint import is_version, order
from runner.model.policy.result import Results, sentences
from runner.model.settings.guardrails import Guardrails
from runner.model.values.frozen import dataclass
from runner.model.values.pattern import covered, covers

LARGE = 2_000  # resources: more than anybody reviews
DESTROYS = "destroys="  # followed by the exact number
RULES_CHANGED = "guardrails.rules about the content of plans changed after it was planned; plan it again"
OUTDATED = "rules_changed"  # the code of that


@dataclass(frozen=True)
class Violation:
    """One broken guard rail. If `blocking`, a plain yes is not enough; otherwise the stack's name has to be typed.

    `answer` is the flag that lets it pass. A blocking violation without an answer cannot be overridden.
    """

    code: str
    sentence: str
    blocking: bool
    answer: str = ""


@dataclass(frozen=True)
class SeenState:
    """What is known of a stack's state: from the last plan or check, or from a later apply."""

    lineage: str
    serial: int | None
    resources: int | None
    at: datetime
    by: str = ""  # name of the run


@dataclass(frozen=True)
class Rules:
    """The operator's rules for the stack beyond the limits: who set a limit, and what plans may contain."""

    sayers: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""  # of the rules about the content of plans


NO_RULES = Rules()


def violations(
    changes: ChangeSet,
    guardrails: Guardrails,
    protect: Sequence[str] = (),
    *,
    destroy: bool = False,
    state: str | None = None,
    engine: str | None = None,
    rules: Rules = NO_RULES,
) -> tuple[Violation, ...]:
    """Every guard rail that this plan breaks, blocking ones first.

    `destroy` is for a run that was asked to destroy the stack: it is meant to destroy a lot, so the limits
    ask for the name instead of blocking. `state` is the result of `state_problem`,
    `engine` that of `engine_problem`.
    """
    lost = () if state is None else (Violation("state", state, blocking=True, answer="new-state"),)
    limits = (*_content(changes, rules.digest), *_limits(changes, guardrails, rules, blocking=not destroy))
    protected = _protected(changes, guardrails, protect)
    older = () if engine is None else (Violation("engine", engine, blocking=False),)
    return (*lost, *_large(changes), *limits, *older, *protected, *_invoked(changes, guardrails))


POLICY = "policy"


def denials(results: Results) -> tuple[Violation, ...]:
    """Of policies: nothing but another plan or another policy lets it pass."""
    return tuple(Violation(POLICY, sentence, blocking=True) for sentence in sentences(results))


def needs_name_typed(found: Sequence[Violation]) -> bool:
    return any(not violation.blocking for violation in found)


def unanswered(found: Sequence[Violation], accepted: Collection[str]) -> tuple[Violation, ...]:
    """The blocking ones that were not answered."""
    return tuple(v for v in found if v.blocking and not (v.answer and v.answer in accepted))


def _large(changes: ChangeSet) -> Iterator[Violation]:
    count = changes.summary.changes
    if count > LARGE:
        sentence = f"it changes {count} resources, too many to review (limit {LARGE})"
        yield Violation("large", sentence, blocking=True, answer="large")


def _content(changes: ChangeSet, digest: str) -> Iterator[Violation]:
    """The plan was judged where it was made, since only there all of its values are known."""
    if changes.judged_by != digest:
        yield Violation(OUTDATED, RULES_CHANGED, blocking=True)
        return
    for sentence in changes.broken:
        yield Violation("content", sentence, blocking=True)


def _limits(
    changes: ChangeSet, guardrails: Guardrails, rules: Rules, *, blocking: bool
) -> Iterator[Violation]:
    summary = changes.summary
    for code, count, limit, words, answer in (
        (
            "max_destroys",
            summary.destroys,
            guardrails.max_destroys,
            "destroys or replaces",
            f"{DESTROYS}{summary.destroys}",
        ),
        ("max_changes", summary.changes, guardrails.max_changes, "changes", ""),
    ):
        if count > limit:
            by = f" ({rules.sayers[code]})" if code in rules.sayers else ""
            resources = f"{count} resource{'' if count == 1 else 's'}"
            sentence = f"it {words} {resources}, and {code} is {limit}{by}"
            yield Violation(code, sentence, blocking, answer if blocking else "")


def state_problem(known: SeenState | None, facts: EngineFacts) -> str | None:
    """Why the state that was planned on is not the known one, or None."""
    if known is None or known.resources == 0 or (facts.resources is None and not facts.lineage):
        return None
    was = _known_as(known)
    if facts.resources == 0:
        return (
            f"the state is EMPTY, but {was}: it was lost or moved, and every resource would be created again"
        )
    if known.lineage and facts.lineage != known.lineage:
        return f"the state is A DIFFERENT ONE (lineage {facts.lineage or 'none'}, was {known.lineage}); {was}"
    if known.serial is not None and facts.serial is not None and facts.serial < known.serial:
        return f"the state is OLDER (serial {facts.serial}, was {known.serial}); {was}"
    return None


def _known_as(known: SeenState) -> str:
    """How many objects an encrypted state has is not known."""
    if known.resources is None:
        return f"{known.by or 'an earlier plan'} saw lineage {known.lineage or 'none'}"
    return f"{known.by} left {known.resources} resources in it" if known.by else f"it held {known.resources}"


def engine_problem(applied: EngineFacts | None, facts: EngineFacts) -> str | None:
    """What an older version than the one of the last apply, or of whoever wrote the state, does not know, nor mends."""
    if not facts.version or (applied is not None and applied.engine != facts.engine):
        return None
    was = {applied.version: f"last applied with {applied.version}"} if applied and applied.version else {}
    # A state does not say which engine wrote it. OpenTofu takes over those of newer Terraforms.
    if is_version(facts.state_version) and (applied is not None or facts.engine == TERRAFORM.name):
        was.setdefault(facts.state_version, f"the state was written by {facts.state_version}")
    newest = max(was, key=order, default=None)
    if newest is None or order(facts.version) >= order(newest):
        return None
    return f"the engine goes back: {facts.version}, {was[newest]}"


def _protected(changes: ChangeSet, guardrails: Guardrails, protect: Sequence[str]) -> Iterator[Violation]:
    addresses = (*guardrails.protect_addresses, *protect)
    for resource in changes.resources:
        if resource.data:
            continue
        if resource.action not in _VERBS:
            if _moved_out(resource, guardrails, addresses):
                sentence = f"{resource.previous_address} would be moved to {resource.address}, where it is not protected"
                yield Violation("protected", sentence, blocking=False)
            continue
        if covered(guardrails.protect_types, resource.type):
            why = f"type {resource.type} is protected"
        elif _covered(addresses, resource.address) or _covered(addresses, resource.previous_address or ""):
            why = "it is protected"
        else:
            continue
        yield Violation(
            "protected", f"{resource.address} would be {_verb(resource)}, but {why}", blocking=False
        )


def _moved_out(resource: ResourceChange, guardrails: Guardrails, addresses: Sequence[str]) -> bool:
    """Whether the next plan could destroy it without being asked for the name."""
    return (
        resource.previous_address is not None
        and _covered(addresses, resource.previous_address)
        and not _covered(addresses, resource.address)
        and not covered(guardrails.protect_types, resource.type)
    )


def _covered(patterns: Sequence[str], address: str) -> bool:
    """Whether a pattern covers the address. A masked key may be any of the keys that a pattern names."""
    if MASK not in address:
        return covered(patterns, address)
    without = config_address(address)
    return any(covers(pattern.partition("[")[0], without) for pattern in patterns)


def _invoked(changes: ChangeSet, guardrails: Guardrails) -> Iterator[Violation]:
    for invocation in changes.actions:
        if not invocation.deferred and covered(guardrails.actions, invocation.type):
            sentence = f"{invocation.address} would be invoked {invocation.trigger}; actions of type {invocation.type} need confirmation"
            yield Violation("actions", sentence, blocking=False)


_VERBS: dict[Action, str] = {Action.DELETE: "destroyed", Action.REPLACE: "replaced"}


def _verb(resource: ResourceChange) -> str:
    deposed = f" (its old object {resource.deposed})" if resource.deposed else ""
    return _VERBS[resource.action] + deposed
