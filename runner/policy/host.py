"""The operator's policies and checks as they are on this host now."""

from collections.abc import Callable, Sequence

from runner.model.policy.material import CheckMaterial, Judging
from runner.model.settings.policy import Check
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import StackMatch, reaches
from runner.model.values.frozen import dataclass
from runner.policy.folder import read_policy


@dataclass(frozen=True)
class HostPolicies:
    settings: Settings

    def judging(self, declared: Sequence[tuple[StackDefinition, str]]) -> Judging:
        def matched(match: StackMatch) -> bool:
            return any(reaches(match, definition, source) for definition, source in declared)

        return self._judging(matched)

    def every(self) -> Judging:
        return self._judging(lambda _match: True)

    def _judging(self, matched: Callable[[StackMatch], bool]) -> Judging:
        return Judging(
            policies=tuple(read_policy(one) for one in self.settings.policies if matched(one.match)),
            checks=tuple(_material(one) for one in self.settings.checks if matched(one.match)),
        )


def _material(of: Check) -> CheckMaterial:
    return CheckMaterial(of.name, of.command, of.blocking, of.sarif, of.network, of.timeout, of.reason)
