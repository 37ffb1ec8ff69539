"""Which stacks the operator's approval rules reach, so that neither a rule nor a stack is forgotten."""

from collections.abc import Iterator, Sequence

from runner.model.settings import ApprovalSettings
from runner.model.stack import Stack
from runner.model.stack_match import reaches
from runner.model.terms import rule_name

SHOWN = 10


def forgotten(settings: ApprovalSettings, stacks: Sequence[Stack]) -> Iterator[str]:
    """Sentences about stacks that no rule reaches, rules that reach no stack, and words of rules without an effect."""
    if not settings.rules:
        return
    present = [stack for stack in stacks if stack.missing_since is None]
    reached = [
        {stack.name for stack in present if reaches(rule.match, stack.definition, stack.source)}
        for rule in settings.rules
    ]
    alone = [stack.name for stack in present if not any(stack.name in names for names in reached)]
    if alone:
        more = f" and {len(alone) - SHOWN} more" if len(alone) > SHOWN else ""
        yield f"no rule of approvals.rules reaches {', '.join(alone[:SHOWN])}{more}; only the defaults hold there"
    for number, names in enumerate(reached, 1):
        if present and not names:
            yield f"{rule_name(number)} reaches no stack"
    yield from without_effect(settings)


def without_effect(settings: ApprovalSettings) -> Iterator[str]:
    """A rule only makes the defaults stricter."""
    for number, rule in enumerate(settings.rules, 1):
        if rule.required is not None and rule.required < settings.required:
            yield (
                f"{rule_name(number)} asks for {rule.required} approvals, but approvals.required is "
                f"{settings.required} for every stack, and the stricter counts"
            )
        if rule.author_may_approve and not settings.author_may_approve:
            yield (
                f"{rule_name(number)} says author_may_approve: true, but approvals.author_may_approve is false for "
                "every stack, and the stricter counts"
            )
