"""Which stacks the operator's rules match, so that no rule and no stack is forgotten."""

from collections.abc import Iterator, Mapping, Sequence

from runner.model.approval.terms import Declaration, matched, rule_name
from runner.model.settings.rule_tables import HEAL, table_rules
from runner.model.settings.server import ApprovalSettings, Settings
from runner.model.stack.match import match_text

SHOWN = 10
Stacks = Mapping[str, Sequence[Declaration]]  # those in Git, each with all declarations that count


def forgotten(settings: Settings, stacks: Stacks) -> Iterator[str]:
    """Sentences about stacks that no approval rule matches, rules that match no stack, and rules without effect."""
    if stacks:
        yield from _unmatched_stacks(settings.approvals, stacks)
        for rule in table_rules(settings):
            if rule.table == HEAL:
                continue  # the warnings about heal rules have their place in the file
            if not any(matched(rule.match, declared) for declared in stacks.values()):
                yield f"{rule.name} matches no stack; it selects {match_text(rule.match)}"
    yield from without_effect(settings.approvals)


def _unmatched_stacks(settings: ApprovalSettings, stacks: Stacks) -> Iterator[str]:
    if not settings.rules:
        return
    alone = [
        name
        for name, declared in stacks.items()
        if not any(matched(rule.match, declared) for rule in settings.rules)
    ]
    if alone:
        more = f" and {len(alone) - SHOWN} more" if len(alone) > SHOWN else ""
        yield f"no rule of approvals.rules matches {', '.join(alone[:SHOWN])}{more}; only the defaults apply there"


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
