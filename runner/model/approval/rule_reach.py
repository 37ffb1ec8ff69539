"""Which stacks the operator's approval rules match, so that no rule and no stack is forgotten."""

from collections.abc import Iterator, Mapping, Sequence

from runner.model.approval.terms import Declaration, rule_name
from runner.model.settings.server import ApprovalRule, ApprovalSettings
from runner.model.stack.match import reaches

SHOWN = 10


def forgotten(settings: ApprovalSettings, stacks: Mapping[str, Sequence[Declaration]]) -> Iterator[str]:
    """Sentences about stacks that no rule matches, rules that match no stack, and settings of rules without effect.

    `stacks` are those in Git, each with all declarations that count.
    """
    if not settings.rules:
        return
    reached = [
        {name for name, declared in stacks.items() if _reached(rule, declared)} for rule in settings.rules
    ]
    alone = [name for name in stacks if not any(name in names for names in reached)]
    if alone:
        more = f" and {len(alone) - SHOWN} more" if len(alone) > SHOWN else ""
        yield f"no rule of approvals.rules matches {', '.join(alone[:SHOWN])}{more}; only the defaults apply there"
    for number, (rule, names) in enumerate(zip(settings.rules, reached, strict=True), 1):
        if stacks and not names:
            yield f"{rule_name(number)} matches no stack; it selects {_in_words(rule)}"
    yield from without_effect(settings)


def _reached(rule: ApprovalRule, declared: Sequence[Declaration]) -> bool:
    return any(reaches(rule.match, one.definition, one.source) for one in declared)


def _in_words(rule: ApprovalRule) -> str:
    match = rule.match
    said = {
        "stacks": ", ".join(match.stacks),
        "labels": ", ".join(f"{key}={value}" for key, value in match.labels.items()),
        "sources": ", ".join(match.sources),
    }
    return " and ".join(f"{key} {value}" for key, value in said.items() if value)


def without_effect(settings: ApprovalSettings) -> Iterator[str]:
    """A rule can only make the defaults stricter."""
    for number, rule in enumerate(settings.rules, 1):
        if rule.required is not None and rule.required < settings.required:
            yield (
                f"{rule_name(number)} requires {rule.required} approvals, but approvals.required is "
                f"{settings.required} for every stack, and the stricter value applies"
            )
        if rule.author_may_approve and not settings.author_may_approve:
            yield (
                f"{rule_name(number)} says author_may_approve: true, but approvals.author_may_approve is false for "
                "every stack, and the stricter value applies"
            )
