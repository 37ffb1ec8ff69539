"""What a policy engine is asked, and what it answers: values of rules by their names, as plain JSON."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runner.model.policy.rego.module import Module
from runner.model.policy.rego.query import query_of
from runner.model.values.frozen import dataclass

PACKAGE = "main"  # conftest's
_JUDGES = re.compile(r"(deny|violation|warn)(_[A-Za-z0-9]+)*|approvals|exception")
_TESTS = re.compile(r"(todo_)?test_.*")


@dataclass(frozen=True)
class Question:
    """Modules and the rules that are asked for: by a label, the path of each. `plan` is a file."""

    modules: tuple[Module, ...]
    rules: Mapping[str, str]
    plan: str = ""
    context: Mapping[str, Any] | None = None

    @property
    def query(self) -> str:
        """One query for all of them: of each the list of its values, empty where it is undefined."""
        return f"answer={query_of(self.rules)}"


Values = Mapping[str, Any]  # by label a list; None where the rule failed and the others were to be answered


@dataclass(frozen=True)
class Failure:
    """Why there is no answer."""

    message: str


def judging_rules(modules: Iterable[Module]) -> dict[str, str]:
    """The rules that decide, under conftest's names."""
    names = {
        rule.name: f"data.{PACKAGE}.{rule.name}"
        for module in modules
        if module.package == PACKAGE
        for rule in module.rules
        if _JUDGES.fullmatch(rule.name)
    }
    return dict(sorted(names.items()))


def test_rules(modules: Iterable[Module]) -> dict[str, str]:
    """All `test_...` rules, as `opa test` finds them."""
    names = {
        f"{module.package}.{rule.name}": f"data.{module.package}.{rule.name}"
        for module in modules
        for rule in module.rules
        if _TESTS.fullmatch(rule.name)
    }
    return dict(sorted(names.items()))
