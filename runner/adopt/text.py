"""Stack files and a configuration as text: only what differs from the defaults, and a comment at every guess."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from runner.config.written import written
from runner.model.adopt.outcome import Stack
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition

_DEFAULTS = StackDefinition("x")
_USUAL = Allow()


def stack_file(stacks: Sequence[Stack], origin: str) -> str:
    """One document for each stack."""
    head = f"# Written by {origin}. Check it with   driftline stack validate\n"
    return head + "---\n".join(document(stack) for stack in stacks)


def document(stack: Stack) -> str:
    because: dict[str, list[str]] = {}
    for guess in stack.project.guesses:
        because.setdefault(guess.key, []).append(guess.because)
    lines: list[str] = []
    for key, value in _told(stack.definition):
        lines += [f"# guessed: {_one_line(reason)}" for reason in because.pop(key, ())]
        lines.append(f"{key}: {written(value)}")
    # A guess that only asks somebody to look.
    lines += [f"# {key}: {_one_line(reason)}" for key, reasons in because.items() for reason in reasons]
    return "".join(f"{line}\n" for line in lines)


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _told(definition: StackDefinition) -> Iterator[tuple[str, Any]]:
    for one in fields(definition):
        value = getattr(definition, one.name)
        if one.name == "name" or value != getattr(_DEFAULTS, one.name):
            yield one.name, _plain(value)


def _plain(value: Any) -> Any:
    if not is_dataclass(value) or isinstance(value, type):
        return value
    usual = type(value)()
    return {
        one.name: _plain(getattr(value, one.name))
        for one in fields(value)
        if getattr(value, one.name) != getattr(usual, one.name)
    }


def configuration(
    stacks: Iterable[Stack], backends: Iterable[str], url: str, branch: str, product: str
) -> str:
    """A proposal: what the stack files need, and a rule that nothing is applied before somebody has looked."""
    roles = sorted(
        {
            role
            for stack in stacks
            for role in (stack.definition.aws.plan_role, stack.definition.aws.apply_role)
            if role
        }
    )
    more = sorted(set(backends) - set(_USUAL.backends))
    allow = [
        *([f"      backends: {written([*_USUAL.backends, *more])}"] if more else []),
        *([f"      aws_roles: {written(roles)}"] if roles else []),
    ]
    return "\n".join(
        (
            "# A proposal. To see all keys with their defaults:  driftline config show",
            "version: 1",
            "data_dir: ./driftline-data  # database, mirrors, plans, state; never commit this directory",
            "sources:",
            "  - name: here",
            f"    url: {written(url)}  # or https://git.example.com/acme/infra.git",
            f"    branch: {written(branch)}",
            '    stacks: ["**/stack.yaml"]',
            *(["    allow:", *allow] if allow else []),
            "approvals:",
            "  rules:",
            "    # Nothing is applied until you remove this rule. Turn off applies elsewhere first.",
            "    - match: {sources: [here]}",
            "      mode_at_most: never",
            f"      reason: {written(f'applied by {product} until adopted')}",
            "",
        )
    )
