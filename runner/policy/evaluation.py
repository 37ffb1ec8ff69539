"""Evaluate one policy: every failure is an answer that denies, with the reason."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.errors import DriftlineError
from runner.model.policy.answer import Answer, Unclear, read_answer
from runner.model.policy.material import PolicyFile, PolicyMaterial
from runner.model.policy.question import PACKAGE, Failure, Question, judging_rules, test_rules
from runner.model.policy.rego.module import Module
from runner.model.policy.rego.tokens import Unreadable
from runner.model.values.frozen import dataclass
from runner.policy.engines import engine
from runner.ports.basics import Cancel
from runner.process.program import Surround


@dataclass(frozen=True)
class Evaluation:
    """`surround` gives the sandbox for the folders that a process may read and write."""

    surround: Surround

    def judge(
        self,
        material: PolicyMaterial,
        plan: Path,
        context: Mapping[str, Any],
        place: Path,
        cancel: Cancel | None = None,
    ) -> Answer:
        modules = modules_of(material.judging)
        try:
            problem = material.problem or _without_rules(modules)
        except Unreadable as unreadable:
            problem = _unreadable(modules, unreadable)
        if problem:
            return Answer((problem,))
        question = Question(modules, judging_rules(modules), str(plan), context)
        values = self._ask(material, question, place, cancel)
        if isinstance(values, Failure):
            return Answer((f"it cannot be evaluated: {values.message}",))
        try:
            return read_answer(values)
        except Unclear as unclear:
            return Answer((f"it cannot be evaluated: {unclear}",))

    def flaws(self, material: PolicyMaterial, place: Path) -> str:
        """Why it would deny everything; empty if it can be evaluated."""
        modules = modules_of(material.judging)
        try:
            problem = material.problem or _without_rules(modules)
        except Unreadable as unreadable:
            return _unreadable(modules, unreadable)
        values = problem or self._ask(material, Question(modules, {}), place, None)
        return values if isinstance(values, str) else values.message if isinstance(values, Failure) else ""

    def tests(self, material: PolicyMaterial, place: Path) -> Mapping[str, bool | None] | Failure:
        """By name, whether each test passes; None for one that ended with an error."""
        modules = modules_of(material.files)
        if material.problem:
            return Failure(material.problem)
        try:
            rules = test_rules(modules)
        except Unreadable as unreadable:
            return Failure(_unreadable(modules, unreadable))
        if not rules:
            return {}
        values = self._ask(material, Question(modules, rules), place, None, separately=True)
        if isinstance(values, Failure):
            return values
        return {
            label: None if values[label] is None else bool(values[label]) and values[label][0] is True
            for label in rules
        }

    def _ask(
        self,
        material: PolicyMaterial,
        question: Question,
        place: Path,
        cancel: Cancel | None,
        *,
        separately: bool = False,
    ) -> Mapping[str, Any] | Failure:
        chosen = engine(material.engine)
        if isinstance(chosen, Failure):
            return chosen
        try:
            return chosen.ask(
                question, place, float(material.timeout), self.surround, cancel, separately=separately
            )
        except DriftlineError as error:
            return Failure(error.message)
        except (OSError, ValueError, RecursionError) as error:
            return Failure(f"{chosen.NAME} could not be run: {error}")


def modules_of(files: tuple[PolicyFile, ...]) -> tuple[Module, ...]:
    return tuple(Module(one.path, one.text) for one in files)


def _without_rules(modules: tuple[Module, ...]) -> str:
    """Why no rule of it can say anything: it would pass every plan."""
    if not modules:
        return "it has no .rego files besides tests"
    if judging_rules(modules):
        return ""
    packages = ", ".join(sorted({module.package for module in modules}))
    return f"it has no deny, violation, warn or approvals in package {PACKAGE} (its packages: {packages})"


def _unreadable(modules: tuple[Module, ...], problem: Unreadable) -> str:
    """With its file: the first one that has this problem."""
    for module in modules:
        try:
            _ = module.package, module.rules
        except Unreadable as own:
            return f"it cannot be evaluated: {module.file}:{own.line}:{own.column}: {own.message}"
    return f"it cannot be evaluated: {problem.message}"
