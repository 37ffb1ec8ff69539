"""What valid heal rules must satisfy, in the server's configuration and in stack files, and rules that never match."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from runner.config.check import Complaint, Unsound, build
from runner.config.document import read_carefully
from runner.config.ignore_rule import single_line
from runner.config.limits import HEAL_RULE, out_of_limits
from runner.config.match import match_complaints
from runner.config.place import KeyPath
from runner.config.shape import shape_of
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.heal_rule import HealRule
from runner.model.stack.match import reaches
from runner.model.values.problem import Problem

if TYPE_CHECKING:
    from runner.model.approval.terms import Declaration

_WORDS = {
    "types": "a resource type or a glob",
    "addresses": "a resource address or a glob",
    "attributes": "an attribute path or a glob",
}


def heal_complaints(rules: Sequence[HealRule]) -> Iterator[Complaint]:
    for index, rule in enumerate(rules):
        here: KeyPath = ("drift", "heal", index)
        yield from out_of_limits(rule, HEAL_RULE, here)
        for key, words in _WORDS.items():
            for number, pattern in enumerate(getattr(rule, key)):
                yield from single_line((*here, key, number), pattern, words)
        if rule.reason:
            yield from single_line((*here, "reason"), rule.reason, "a text")


def server_heal_complaints(settings: Settings) -> Iterator[Complaint]:
    sources = tuple(source.name for source in settings.sources)
    yield from heal_complaints(settings.drift.heal)
    for index, rule in enumerate(settings.drift.heal):
        yield from match_complaints(("drift", "heal", index, "match"), rule.match, sources)


def heal_doubts(rules: Sequence[HealRule]) -> Iterator[Complaint]:
    """Rules that are allowed and hardly meant."""
    from runner.model.healing.unmatched import doubts

    for index in range(len(rules)):
        for key, message in doubts(rules, index):
            path: KeyPath = ("drift", "heal", index, *((key,) if key else ()))
            yield Complaint(path, message, got=False)


def server_heal_doubts(
    settings: Settings, stacks: Mapping[str, "Sequence[Declaration]"]
) -> Iterator[Complaint]:
    """`stacks` are those in Git, each with all declarations that count."""
    yield from heal_doubts(settings.drift.heal)
    for index, rule in enumerate(settings.drift.heal):
        reached = any(
            reaches(rule.match, one.definition, one.source)
            for declared in stacks.values()
            for one in declared
        )
        if stacks and not reached:
            yield Complaint(("drift", "heal", index), "never matches: its match reaches no stack", got=False)
    if settings.drift.action == "reconcile" and not settings.drift.heal:
        message = "nothing heals by itself: drift.heal has no rules, so every plan waits for a person"
        yield Complaint(("drift", "action"), message, got=False)


def stack_heal_doubts(file: str, content: bytes) -> list[Problem]:
    """About the rules of every sound stack in the file, each with its location."""
    from runner.config.problems import problems

    found: list[Problem] = []
    for document in read_carefully(content):
        try:
            stack: StackDefinition = build(StackDefinition, document.data)
        except Unsound:
            continue
        doubtful = heal_doubts(stack.drift.heal)
        found += problems(file, document, shape_of(StackDefinition), doubtful, stack.name)
    return found
