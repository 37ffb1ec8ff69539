"""What fifty rules decide for every stack: terms and guard rails; beside nothing but fnmatch in a loop."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, at_most, interleaved, timed
from benchmarks.size import Size
from runner.model.approval.stack_guardrails import named_rules, strictest
from runner.model.approval.terms import Declaration, agreed
from runner.model.settings.guardrails import GuardrailRule, Guardrails
from runner.model.settings.server import ApprovalRule, ApprovalSettings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import StackMatch

RULES = 50


def measure(size: Size, _folder: Path) -> Iterator[Figure]:
    stacks = [_stack(number) for number in range(size.discover_stacks)]
    matches = [_match(number) for number in range(RULES)]
    approvals = ApprovalSettings(rules=tuple(ApprovalRule(match=one, required=2) for one in matches))
    rails = Guardrails(rules=tuple(GuardrailRule(match=one, max_destroys=0) for one in matches))
    terms, limits, bare = interleaved(
        size.part(6),
        partial(timed, partial(_terms, approvals, stacks)),
        partial(timed, partial(_limits, rails, stacks)),
        partial(timed, partial(_bare, matches, stacks)),
    )
    many = f"{len(stacks):,} stacks, {RULES} rules"
    yield at_most(0.5, f"terms of approval, {many}", "s", terms, bare, "fnmatch in a loop")
    yield at_most(0.5, f"guard rails, {many}", "s", limits, bare, "fnmatch in a loop")


def _stack(number: int) -> Declaration:
    labels = {"env": "prod", "team": f"t{number % 60}"}
    definition = StackDefinition(f"team{number % 60}/app{number % 80}/s{number}", labels=labels)
    return Declaration(definition, "infra", "module", "state", "stack.yaml", "a" * 40)


def _match(number: int) -> StackMatch:
    """By name, by label, and by both with the source."""
    by_name = StackMatch(stacks=(f"team{number}/**",))
    by_label = StackMatch(labels={"env": "prod", "team": f"t{number}"})
    by_both = StackMatch(stacks=(f"*/app{number}/*",), sources=("infra",))
    return (by_name, by_label, by_both)[number % 3]


def _terms(settings: ApprovalSettings, stacks: Sequence[Declaration]) -> None:
    for stack in stacks:
        agreed(settings, (stack,))


def _limits(rails: Guardrails, stacks: Sequence[Declaration]) -> None:
    for stack in stacks:
        strictest(rails, named_rules(rails, (stack,)))


def _bare(matches: Sequence[StackMatch], stacks: Sequence[Declaration]) -> None:
    for stack in stacks:
        for match in matches:
            _bare_match(match, stack)


def _bare_match(match: StackMatch, stack: Declaration) -> bool:
    definition = stack.definition
    return (
        all(fnmatchcase(definition.labels.get(key, ""), value) for key, value in match.labels.items())
        and (not match.stacks or any(fnmatchcase(definition.name, glob) for glob in match.stacks))
        and (not match.sources or any(fnmatchcase(stack.source, glob) for glob in match.sources))
    )
