"""What judges plans: the operator's policies and checks as they are now, and the process that evaluates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runner.model.policy.material import CheckMaterial, Judging, PolicyMaterial
    from runner.model.policy.result import PolicyResult
    from runner.model.stack.definition import StackDefinition
    from runner.ports.basics import Cancel


class Policies(Protocol):
    """On the side that has the configuration."""

    def judging(self, declared: Sequence[tuple[StackDefinition, str]]) -> Judging:
        """What judges the plans of a stack that these definitions in these sources declare, read from the operator's
        files now; an unreadable one is among it, with the reason.
        """
        ...

    def every(self) -> Judging:
        """All policies and checks, in the order of the configuration."""
        ...


class Judge(Protocol):
    """On the side that has the plan."""

    def policy(
        self,
        material: PolicyMaterial,
        plan: Path,
        context: Mapping[str, Any],
        place: Path,
        cancel: Cancel | None,
    ) -> PolicyResult:
        """`place` is an empty folder for files of the evaluation. A policy that cannot be evaluated denies."""
        ...

    def check(
        self, material: CheckMaterial, plan: Path, tree: Path, place: Path, cancel: Cancel | None
    ) -> PolicyResult:
        """A scanner that cannot be run, or whose answer is not understood, denies if it is blocking, else it warns."""
        ...
