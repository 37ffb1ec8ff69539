"""Policies: which stacks they judge and whether they can be read, how their tests end, and what a plan would meet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from runner.model.approval.guardrails import POLICY, Violation
from runner.model.approval.terms import Declaration, matched
from runner.model.policy.material import Judging
from runner.model.policy.result import PolicyResult
from runner.model.settings.server import Settings
from runner.model.stack.match import StackMatch
from runner.model.values.frozen import dataclass
from runner.service.approval.try_plan import Trial

Stacks = Mapping[str, Sequence[Declaration]]


@dataclass(frozen=True)
class PolicyRow:
    """`what` is its path, its command, or the globs of folders in a repository; `problem` is why it denies everything."""

    name: str
    kind: Literal["policy", "check", "repository"]
    what: str
    digest: str | None
    blocking: bool
    stacks: tuple[str, ...]
    reason: str
    problem: str | None


PolicyRows = tuple[PolicyRow, ...]


def policy_rows(settings: Settings, now: Judging, flaws: Mapping[str, str], stacks: Stacks) -> PolicyRows:
    """`now` has all policies and checks, and `flaws` by name why one cannot be evaluated."""
    return (
        *_policies(settings, now, flaws, stacks),
        *_checks(settings, now, stacks),
        *_own(settings, stacks),
    )


def _policies(
    settings: Settings, now: Judging, flaws: Mapping[str, str], stacks: Stacks
) -> Iterator[PolicyRow]:
    for policy, material in zip(settings.policies, now.policies, strict=True):
        yield PolicyRow(
            name=policy.name,
            kind="policy",
            what=str(policy.path),
            digest=material.digest,
            blocking=True,
            stacks=_reached(policy.match, stacks),
            reason=policy.reason,
            problem=flaws.get(policy.name) or None,
        )


def _checks(settings: Settings, now: Judging, stacks: Stacks) -> Iterator[PolicyRow]:
    for check, material in zip(settings.checks, now.checks, strict=True):
        yield PolicyRow(
            name=check.name,
            kind="check",
            what=" ".join(check.command),
            digest=material.digest,
            blocking=check.blocking,
            stacks=_reached(check.match, stacks),
            reason=check.reason,
            problem=None,
        )


def _own(settings: Settings, stacks: Stacks) -> Iterator[PolicyRow]:
    for source in settings.sources:
        if source.allow.policies:
            yield PolicyRow(
                name=source.name,
                kind="repository",
                what=", ".join(source.allow.policies),
                digest=None,
                blocking=True,
                stacks=_reached(StackMatch(sources=(source.name,)), stacks),
                reason="",
                problem=None,
            )


def _reached(match: StackMatch, stacks: Stacks) -> tuple[str, ...]:
    return tuple(name for name, declared in stacks.items() if matched(match, declared))


@dataclass(frozen=True)
class TestRow:
    """A test that ended with an error is no success."""

    name: str
    result: Literal["pass", "fail", "error", "todo"]


TestRows = tuple[TestRow, ...]


def test_rows(results: Mapping[str, bool | None]) -> TestRows:
    return tuple(TestRow(name, _result(name, passed=passed)) for name, passed in results.items())


def _result(name: str, *, passed: bool | None) -> Literal["pass", "fail", "error", "todo"]:
    if name.rpartition(".")[2].startswith("todo_"):
        return "todo"
    if passed is None:
        return "error"
    return "pass" if passed else "fail"


@dataclass(frozen=True)
class TrialPage:
    """`decision` is `deny` where nobody could approve it, `confirm` where a flag or the stack's name lets it pass."""

    stack: str | None
    decision: Literal["deny", "confirm", "pass"]
    problem: str | None
    policies: tuple[PolicyResult, ...]
    guard_rails: tuple[Violation, ...]
    approvals: int | None
    mode: str | None

    @property
    def why(self) -> tuple[str, ...]:
        """What decides."""
        found = [self.problem] if self.problem else []
        rails: Iterable[Violation] = self.guard_rails
        if self.decision == "deny":
            rails = (one for one in rails if one.blocking and not one.answer)
        return (*found, *(one.sentence for one in rails))


def trial_page(of: Trial, stack: str | None) -> TrialPage:
    return TrialPage(
        stack=stack,
        decision="deny" if of.denied else "confirm" if of.violations else "pass",
        problem=of.problem,
        policies=of.results,
        guard_rails=tuple(one for one in of.violations if one.code != POLICY)
        if not of.denied
        else of.violations,
        approvals=of.approvals,
        mode=None if of.terms is None else of.terms.mode,
    )
