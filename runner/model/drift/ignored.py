"""What a plan would change although a drift rule leaves it to something else, such as an autoscaler's capacity.

A rule decides only what a check counts: terraform does not know it, so undoing other drift of the same
resource also resets the ignored attributes. The approver is warned about that.
"""

from collections.abc import Iterator, Sequence

from runner.model.changes.changes import Action, ChangeSet, ResourceChange
from runner.model.stack.definition import IgnoreRule
from runner.model.values.frozen import dataclass
from runner.model.values.pattern import covered, covers

_SETS = frozenset({Action.UPDATE, Action.REPLACE})
_WHOLE = frozenset({Action.CREATE, Action.DELETE})


@dataclass(frozen=True)
class IgnoredChange:
    """`attributes` are empty if the whole resource is meant."""

    address: str
    action: Action
    attributes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def sentence(self) -> str:
        what = f"changes {', '.join(self.attributes)} of" if self.attributes else f"{self.action.value}s"
        reason = f": {self.reason}" if self.reason else ""
        return f"it also {what} {self.address}, which a drift rule ignores{reason}"


def ignored_changes(
    changes: ChangeSet, rules: Sequence[IgnoreRule], *, heals: bool
) -> tuple[IgnoredChange, ...]:
    """Ignored changes by address. Only a plan that `heals` recreates or removes what a rule ignores; any
    other does what its code says.
    """
    found = (_of(resource, rules, heals=heals) for resource in changes.resources if not resource.data)
    return tuple(sorted((one for each in found for one in each), key=lambda one: one.address))


def _of(resource: ResourceChange, rules: Sequence[IgnoreRule], *, heals: bool) -> Iterator[IgnoredChange]:
    mine = [rule for rule in rules if covers(rule.address, resource.address)]
    if resource.action in _WHOLE and heals:
        whole = [rule for rule in mine if "*" in rule.attributes]
        if whole:
            yield IgnoredChange(resource.address, resource.action, reason=_reasons(whole))
    elif resource.action in _SETS:
        # Values known only after the apply follow from the rest.
        paths = [one.path for one in resource.attributes if not one.unknown and not one.mark_only]
        met = [path for path in paths if any(covered(rule.attributes, path) for rule in mine)]
        said = [rule for rule in mine if any(covered(rule.attributes, path) for path in met)]
        if met:
            yield IgnoredChange(resource.address, resource.action, tuple(met), _reasons(said))


def _reasons(rules: Sequence[IgnoreRule]) -> str:
    return "; ".join(dict.fromkeys(rule.reason for rule in rules if rule.reason))
