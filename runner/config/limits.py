"""The minimum and maximum of each number and span: for the rules, the JSON schema and the reference."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.config.written import written
from runner.model.values.span import Seconds


class Limit(NamedTuple):
    low: float
    high: float

    def __str__(self) -> str:
        return f"{written(self.low)} to {written(self.high)}"


_YEARS = Seconds(10 * 365 * 86400)
_POSITIVE = Limit(Seconds(1), _YEARS)
_SPAN = Limit(Seconds(0), _YEARS)
_COUNT = Limit(0, 1_000_000)

STACK: Mapping[str, Limit] = {
    "parallelism": Limit(1, 256),
    "timeouts.init": _POSITIVE,
    "timeouts.plan": _POSITIVE,
    "apply.approvals": Limit(0, 20),
    "drift.confirm": Limit(1, 10),
}

SOURCE: Mapping[str, Limit] = {"poll": _POSITIVE}

PREVIEWS: Mapping[str, Limit] = {"max": Limit(1, 1_000), "max_stacks": Limit(1, 10_000)}

DRIFT_ISSUES: Mapping[str, Limit] = {"max_open": Limit(1, 1_000)}

PROMOTION: Mapping[str, Limit] = {"wait.soak": _SPAN}

RULE: Mapping[str, Limit] = {"required": Limit(0, 20)}

PLAN_MATCH: Mapping[str, Limit] = {"destroys_over": _COUNT, "changes_over": _COUNT}

GUARDRAIL_RULE: Mapping[str, Limit] = {"max_destroys": _COUNT, "max_changes": _COUNT}

POOL: Mapping[str, Limit] = {"at_most": Limit(1, 1_000), "checks_at_most": Limit(0, 1_000)}

POLICY: Mapping[str, Limit] = {"timeout": Limit(Seconds(1), Seconds(300))}

CHECK: Mapping[str, Limit] = {"timeout": Limit(Seconds(1), Seconds(3600))}

HEAL_RULE: Mapping[str, Limit] = {"at_most.changes": Limit(1, 10_000), "at_most.per_day": Limit(0, 1_000)}

SERVER: Mapping[str, Limit] = {
    "executor.slots": Limit(1, 1024),
    "executor.per_account": Limit(1, 1024),
    "timeouts.init": _POSITIVE,
    "timeouts.plan": _POSITIVE,
    "timeouts.show": _POSITIVE,
    "timeouts.git": _POSITIVE,
    "timeouts.apply": _POSITIVE,
    "drift.jitter": _SPAN,
    "drift.confirm": Limit(1, 10),
    "drift.compare_every": Limit(1, 10_000),
    "plan.compare_every": Limit(1, 10_000),
    "drift.heal_limits.per_day": Limit(0, 1_000),
    "drift.heal_limits.fights.times": Limit(1, 100),
    "drift.heal_limits.fights.within": _POSITIVE,
    "approvals.required": Limit(0, 20),
    "approvals.expire": _POSITIVE,
    "apply.fresh_for": _SPAN,
    "apply.lock_timeout": _SPAN,
    "guardrails.max_destroys": _COUNT,
    "guardrails.max_changes": _COUNT,
    "retention.runs": _POSITIVE,
    "retention.logs": _POSITIVE,
    "retention.plans": _POSITIVE,
    "retention.reports": _POSITIVE,
    "retention.state_versions": Limit(1, 100_000),
    "web.session": _POSITIVE,
}


# Every limit of the server's file, by the general name of its key.
OF_SERVER: Mapping[str, Limit] = {
    f"{within}{name}": limit
    for within, limits in (
        ("", SERVER),
        ("sources[].", SOURCE),
        ("sources[].previews.", PREVIEWS),
        ("sources[].forge.drift_issues.", DRIFT_ISSUES),
        ("approvals.rules[].", RULE),
        ("approvals.rules[].when.", PLAN_MATCH),
        ("guardrails.rules[].", GUARDRAIL_RULE),
        ("policies[].", POLICY),
        ("pools[].", POOL),
        ("checks[].", CHECK),
        ("promotion[].", PROMOTION),
        ("drift.heal[].", HEAL_RULE),
    )
    for name, limit in limits.items()
}
OF_STACK: Mapping[str, Limit] = {
    **STACK,
    **{f"drift.heal[].{name}": limit for name, limit in HEAL_RULE.items()},
}


def out_of_limits(record: Any, limits: Mapping[str, Limit], within: KeyPath = ()) -> Iterator[Complaint]:
    """A complaint for each number that is too small or too large; none and words such as `auto` have no limits."""
    for name, limit in limits.items():
        number = _getter(name)(record)
        if isinstance(number, int | float) and not limit.low <= number <= limit.high:
            yield Complaint((*within, *name.split(".")), f"expected {limit}")


@cache
def _getter(name: str) -> Callable[[Any], Any]:
    return attrgetter(name)
