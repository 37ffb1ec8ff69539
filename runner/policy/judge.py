"""Judge plans on this machine, in confined processes. Satisfies `ports.Judge`.

What evaluates them is imported where it is used: most installations and most commands have no policies.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.model.policy.material import CheckMaterial, PolicyMaterial
from runner.model.policy.result import PolicyResult, result_of
from runner.model.values.frozen import dataclass
from runner.ports.basics import Cancel

if TYPE_CHECKING:
    from runner.policy.evaluation import Evaluation
    from runner.process.program import Surround


@dataclass(frozen=True)
class ConfinedJudge:
    """`env` is the whole environment of scanners besides their own folders."""

    surround: "Surround"
    env: Mapping[str, str]

    @property
    def evaluation(self) -> "Evaluation":
        from runner.policy.evaluation import Evaluation

        return Evaluation(self.surround)

    def policy(
        self,
        material: PolicyMaterial,
        plan: Path,
        context: Mapping[str, Any],
        place: Path,
        cancel: Cancel | None,
    ) -> PolicyResult:
        answer = self.evaluation.judge(material, plan, context, place, cancel)
        return result_of(material, answer)

    def check(
        self, material: CheckMaterial, plan: Path, tree: Path, place: Path, cancel: Cancel | None
    ) -> PolicyResult:
        from runner.policy.scanner import scan

        answer = scan(material, plan, tree, place, self.surround, self.env, cancel)
        return result_of(material, answer)
