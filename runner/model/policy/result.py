"""What policies and checks said about one plan, and what follows from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from runner.model.policy.answer import Answer
from runner.model.policy.material import CheckMaterial, PolicyMaterial
from runner.model.values.frozen import dataclass
from runner.model.values.paths import printable

MOST_MESSAGES = 50
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class PolicyResult:
    """What one policy or check said. `approvals` is how many people it asks for, 0 where it does not."""

    name: str
    kind: Literal["policy", "check"]
    digest: str
    denials: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    approvals: int = 0
    reason: str = ""
    of_repository: bool = False

    @property
    def level(self) -> Literal["deny", "warn", "pass"]:
        if self.denials:
            return "deny"
        return "warn" if self.warnings else "pass"

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'


Results = Sequence[PolicyResult]


@dataclass(frozen=True)
class Judged:
    """What judged a plan, by the marks of the operator's part, and what each of them said."""

    marks: tuple[str, ...] = ()
    results: tuple[PolicyResult, ...] = ()


NOT_JUDGED = Judged()


def result_of(material: PolicyMaterial | CheckMaterial, answer: Answer) -> PolicyResult:
    """With its messages as they are, which may contain secrets of the plan: `scrubbed` makes them presentable."""
    return PolicyResult(
        name=material.name,
        kind="policy" if isinstance(material, PolicyMaterial) else "check",
        digest=material.digest,
        denials=answer.denials,
        warnings=answer.warnings,
        approvals=answer.approvals,
        reason=material.reason,
        of_repository=isinstance(material, PolicyMaterial) and material.of_repository,
    )


def scrubbed(results: Results, scrub: Callable[[str], str]) -> tuple[PolicyResult, ...]:
    """Their messages without secrets, on one line each, and not more than a person reads."""
    return tuple(
        replace(one, denials=told(one.denials, scrub), warnings=told(one.warnings, scrub)) for one in results
    )


def told(messages: Iterable[str], scrub: Callable[[str], str]) -> tuple[str, ...]:
    # Scrubbed before they are cut: a part of a secret would not be recognised.
    every = [_cut(printable(scrub(message)).strip()) for message in messages]
    more = len(every) - MOST_MESSAGES
    return (*every[:MOST_MESSAGES], *([f"and {more} more"] if more > 0 else []))


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}..."


def sentences(results: Results) -> tuple[str, ...]:
    """Why they deny the plan; empty if none does."""
    return tuple(f"{one} denies it: {message}" for one in results for message in one.denials)


def stricter(before: Results, now: Results) -> tuple[str, ...]:
    """What a plan that was made again is judged worse by than the approved one."""
    asked = max((one.approvals for one in before), default=0)
    more = (f"{one} now asks for {one.approvals} approvals" for one in now if one.approvals > asked)
    return (*sentences(now), *more)


# The digests that an approval is bound to


def changed_policies(old: Sequence[str], new: Sequence[str]) -> str:
    """Which policies were added, removed or changed, in words."""
    before, after = (dict(_split(mark) for mark in marks) for marks in (old, new))
    came = [f"+{name}" for name in after if name not in before]
    went = [f"-{name}" for name in before if name not in after]
    other = [name for name in after if name in before and before[name] != after[name]]
    return f"the policies ({', '.join([*came, *went, *other]) or 'order changed'})"


def _split(mark: str) -> tuple[str, str]:
    name, _, digest = mark.rpartition(" ")
    return name, digest
