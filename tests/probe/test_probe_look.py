"""How a plan is made of warm providers and full plans: what stands alone, what is compared, and what disagrees."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from runner.model.changes.changes import Diagnostic
from runner.model.warm.compared import Compared, HowPlanned, PlanTerms
from runner.model.warm.probe import GIVE_UP, TRY_AGAIN, ProbeFacts, ProbeRecord, Probing
from runner.model.warm.provider import Provider, Ready, Way
from runner.ports.engine import EngineError, Execution, Fallback, Planned, Probed
from runner.service.execution.probe import MOVED, NOT_ALLOWED, OFF, PLAIN_PLANS, look

AWS = Provider("registry.terraform.io/hashicorp/aws 5.100.0", "h1:aws")
READY = Ready("terraform 1.11.4", (AWS,))
TYPES: dict[str, tuple[str, ...]] = {"registry.terraform.io/hashicorp/aws": ("resource aws_vpc",)}
MORE: dict[str, tuple[str, ...]] = {
    "registry.terraform.io/hashicorp/aws": ("data aws_region", "resource aws_vpc")
}
KNOWN = ProbeRecord(READY.mark("code"), types=TYPES, checks=3, seconds=8.0)
EXECUTION = cast("Execution", None)
CANCELED = EngineError("probe", 1, (Diagnostic("error", "stopped"),), canceled=True)
FAILED = EngineError("plan", 1, (Diagnostic("error", "no credentials"),))


def planned(name: str, *, changed: bool, value: object = "new", destroys: bool = False) -> Planned:
    document = {"resource_changes": [{"address": "aws_vpc.a", "type": "aws_vpc", "change": value}]}
    return Planned(changed, Path(name), document if changed else None, "1.11.4", destroys=destroys)


CLEAN, DRIFTED = (planned("plan", changed=changed) for changed in (False, True))
SAYS_CLEAN, SAYS_DRIFTED = (Probed(planned("probe", changed=changed), MORE) for changed in (False, True))
OUT = Fallback("it broke")
LACKS = Fallback("it has no aws_subnet", lacks=True)
COMPARED = Compared(READY.engine, AWS.checksum, frozenset(MORE[AWS.address]), plans=3)


@dataclass
class Scripted:
    """An engine that gives these answers in their order, and tells what it was asked."""

    probes: list[Probed | Fallback | EngineError]
    plans: list[Planned | EngineError]
    ready: Ready | Fallback | EngineError = READY
    asked: list[object] = field(default_factory=list)

    def probe_ready(self, execution: Execution) -> Ready | Fallback | EngineError:
        return self.ready

    def plan(self, execution: Execution) -> Planned | EngineError:
        self.asked.append("plan")
        return self.plans.pop(0)

    def probe(
        self,
        execution: Execution,
        types: Mapping[str, tuple[str, ...]] | None,
        seconds: float,
        inputs: str | None = None,
    ) -> Probed | Fallback | EngineError:
        self.asked.append("whole" if types is None else dict(types))
        return self.probes.pop(0)


def looked(
    probes: tuple[Probed | Fallback | EngineError, ...],
    full: tuple[Planned | EngineError, ...],
    ready: Ready | Fallback | EngineError = READY,
    **shown: Any,
) -> tuple[Planned | EngineError, ProbeFacts | None, list[object]]:
    engine = Scripted(list(probes), list(full), ready)
    answer, facts = look(replace(Probing(KNOWN, inputs="code"), **shown), cast("Any", engine), EXECUTION)
    assert (engine.probes, engine.plans) == ([], [])
    return answer, facts, engine.asked


# ---- checks


def test_a_clean_probe_is_the_answer_and_is_counted() -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), ())
    assert answer is SAYS_CLEAN.planned
    assert facts is not None
    assert facts.record == replace(
        KNOWN, checks=4, way=Way.PROBED, reason="not replayed: drift.probe is warm"
    )
    assert facts.how == HowPlanned(Way.PROBED, "", 0, READY.engine, (AWS,))
    assert asked == [TYPES]


def test_what_a_probe_finds_stands_alone_where_such_plans_were_compared() -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (), compared=(COMPARED,))
    assert answer is SAYS_DRIFTED.planned
    assert facts is not None
    assert facts.how == HowPlanned(Way.PROBED, "", 4, READY.engine, (AWS,))
    assert (facts.record.checks, facts.types) == (4, MORE)
    assert asked == [TYPES]


def test_what_a_probe_finds_first_is_compared_and_the_full_plan_counts() -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (DRIFTED,))
    assert answer is DRIFTED
    assert facts is not None
    why = f"first plan with this engine and {AWS.name}"
    assert (facts.how.way, facts.how.reason, facts.disagreed) == (Way.COMPARED, why, "")
    assert facts.types == MORE
    assert asked == [TYPES, "plan"]


def test_a_probe_that_lacks_a_type_is_repeated_with_the_whole_schema() -> None:
    answer, facts, asked = looked((LACKS, SAYS_CLEAN), ())
    assert answer is SAYS_CLEAN.planned
    assert facts is not None
    assert facts.record.way is Way.PROBED
    assert asked == [TYPES, "whole"]


def test_a_probe_that_fails_is_a_plain_check_with_the_reason() -> None:
    answer, facts, asked = looked((OUT,), (CLEAN,))
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.way, facts.record.reason, facts.record.fallbacks) == (Way.PLAIN, "it broke", 1)
    assert (facts.record.mark, facts.record.types, facts.record.checks) == (KNOWN.mark, TYPES, 3)
    assert asked == [TYPES, "plan"]


def test_the_first_check_is_done_both_ways_and_then_it_is_known() -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), record=ProbeRecord())
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.way, facts.record.checks, facts.record.types) == (Way.COMPARED, 0, MORE)
    assert facts.record.mark == KNOWN.mark
    assert facts.types == {}  # nothing changed, so no document was compared
    assert asked == [{}, "plan"]


@pytest.mark.parametrize(
    ("inputs", "ready"),
    [
        ("other code", READY),
        ("code", replace(READY, engine="terraform 1.12.0")),
        ("code", replace(READY, providers=(replace(AWS, checksum="h1:new"),))),
    ],
    ids=["code", "engine", "provider"],
)
def test_after_any_change_a_check_is_done_both_ways(inputs: str, ready: Ready) -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), ready, inputs=inputs)
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.mark, facts.record.checks) == (ready.mark(inputs), 0)
    assert asked == [TYPES, "plan"]


def test_one_check_in_a_number_is_compared_again() -> None:
    record, ways = replace(KNOWN, checks=0), []
    for _ in range(5):
        compares = (record.checks + 1) % 3 == 0
        _, facts, _ = looked((SAYS_CLEAN,), (CLEAN,) if compares else (), record=record, every=3)
        assert facts is not None
        record = facts.record
        ways.append(record.way)
    assert ways == [Way.PROBED, Way.PROBED, Way.COMPARED, Way.PROBED, Way.PROBED]


# ---- plans of code

PLAN: dict[str, Any] = {"check": False, "inputs": "new code", "record": replace(KNOWN, mark="older")}


def test_a_plan_with_compared_providers_stands_alone() -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (), compared=(COMPARED,), **PLAN)
    assert answer is SAYS_DRIFTED.planned
    assert facts is not None
    assert facts.how == HowPlanned(Way.PROBED, "", 4, READY.engine, (AWS,))
    assert (facts.record.mark, facts.record.checks, facts.record.types) == ("older", 3, MORE)
    assert asked == [TYPES]


def test_code_that_changes_nothing_is_planned_by_a_probe_and_is_no_check() -> None:
    answer, facts, _ = looked((SAYS_CLEAN,), (), compared=(COMPARED,), **PLAN)
    assert answer is SAYS_CLEAN.planned
    assert facts is not None
    assert (facts.record.mark, facts.record.checks) == ("older", 3)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"compared": ()}, f"first plan with this engine and {AWS.name}"),
        ({"compared": (replace(COMPARED, engine="terraform 1.12.0"),)}, "first plan with this engine and"),
        ({"compared": (replace(COMPARED, checksum="h1:other"),)}, "first plan with this engine and"),
        (
            {"compared": (replace(COMPARED, types=frozenset({"data aws_region"})),)},
            "first plan with resource aws_vpc",
        ),
        ({"compared": (replace(COMPARED, plans=49),)}, "one plan in 50 is compared"),
        ({"plans": PlanTerms(allowed=False)}, "plan.providers is plain"),
    ],
    ids=["never", "engine", "package", "type", "fiftieth", "by-rule"],
)
def test_a_plan_in_doubt_is_compared_before_it_counts(changes: dict[str, Any], why: str) -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (DRIFTED,), **{"compared": (COMPARED,), **PLAN, **changes})
    assert answer is DRIFTED
    assert facts is not None
    assert facts.how.way is Way.COMPARED
    assert facts.how.reason.startswith(why)
    assert asked == [TYPES, "plan"]


def test_a_provider_that_was_asked_nothing_does_not_fall_due() -> None:
    """It is neither counted nor compared by this plan, so each one after it would be compared."""
    idle = Provider("registry.terraform.io/hashicorp/random 3.7.0", "h1:random")
    due = Compared(READY.engine, idle.checksum, frozenset({"resource random_id"}), plans=49)
    both = replace(READY, providers=(AWS, idle))
    answer, facts, _ = looked((SAYS_DRIFTED,), (), both, **{**PLAN, "compared": (COMPARED, due)})
    assert answer is SAYS_DRIFTED.planned
    assert facts is not None
    assert facts.how == HowPlanned(Way.PROBED, "", 4, READY.engine, (AWS, idle))


@pytest.mark.parametrize("stands", [False, True])
def test_a_plan_that_destroys_is_compared_unless_the_operator_waives_it(*, stands: bool) -> None:
    says = Probed(planned("probe", changed=True, destroys=True), MORE)
    terms = PlanTerms(destroys=stands)
    _, facts, _ = looked((says,), () if stands else (DRIFTED,), compared=(COMPARED,), plans=terms, **PLAN)
    assert facts is not None
    assert facts.how.reason == ("" if stands else "it destroys something")


def test_a_plan_that_fails_warm_is_made_plainly_and_counted_apart_from_checks() -> None:
    answer, facts, asked = looked((OUT,), (DRIFTED,), **PLAN)
    assert answer is DRIFTED
    assert facts is not None
    assert (facts.how.way, facts.how.reason) == (Way.PLAIN, "it broke")
    assert (facts.record.fallbacks, facts.record.fallback_mark) == (1, READY.mark(""))
    assert asked == [TYPES, "plan"]


# ---- they disagree

OTHER = planned("plan", changed=True, value="other")
SAYS_OTHER = Probed(planned("probe", changed=True, value="other"), MORE)


@pytest.mark.parametrize(
    ("says", "plan", "shown"),
    [
        (SAYS_CLEAN, DRIFTED, "a full plan found changes, a probe none"),
        (SAYS_DRIFTED, CLEAN, "a full plan found none, a probe changes"),
        (SAYS_OTHER, DRIFTED, "a full plan and a probe differ in resource_changes of aws_vpc"),
    ],
    ids=["wrong-clean", "wrong-drift", "wrong-value"],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_probe_that_disagrees_twice_is_no_longer_trusted(
    says: Probed, plan: Planned, shown: str, *, check: bool
) -> None:
    answer, facts, asked = looked((says, says), (plan, plan), record=ProbeRecord(), check=check)
    assert answer is plan
    assert facts is not None
    assert (facts.record, facts.disagreed, facts.providers) == (ProbeRecord(reason=OFF), shown, (AWS,))
    assert asked == [{}, "plan", {}, "plan"]


def test_a_fault_that_only_the_cut_schema_has_is_no_change_of_the_cloud() -> None:
    """A second probe with the whole schema would agree with the full plan, and nothing would be distrusted."""
    _, facts, asked = looked((SAYS_OTHER, SAYS_OTHER), (DRIFTED, DRIFTED), **PLAN)
    assert facts is not None
    assert facts.providers == (AWS,)
    assert asked == [TYPES, "plan", TYPES, "plan"]


def test_a_cloud_that_moved_between_the_two_is_no_disagreement() -> None:
    answer, facts, _ = looked((SAYS_CLEAN, SAYS_DRIFTED), (DRIFTED,), inputs="other code")
    assert answer is DRIFTED
    assert facts is not None
    assert (facts.disagreed, facts.how) == ("", HowPlanned(Way.PLAIN, MOVED))
    assert facts.record.mark == KNOWN.mark  # the next one is compared again


def test_code_that_plans_something_else_each_time_is_no_disagreement() -> None:
    answer, facts, _ = looked(
        (SAYS_OTHER, SAYS_OTHER), (DRIFTED, replace(OTHER, document={"format_version": "1.2"})), **PLAN
    )
    assert isinstance(answer, Planned)
    assert answer.document == {"format_version": "1.2"}  # the newest
    assert facts is not None
    assert facts.disagreed == ""
    assert facts.how.reason == "two full plans differ, in format_version and 2 more"
    assert facts.record.fallbacks == 1


@pytest.mark.parametrize(
    "terms",
    [{"distrusted": frozenset({"h1:aws"})}, {"allowed": False}, {"allowed": False, "check": False}],
    ids=["distrusted", "never", "plain"],
)
def test_a_provider_that_may_not_be_warm_is_neither_planned_nor_shown_with(terms: dict[str, Any]) -> None:
    asked: list[object] = []

    def show(types: object) -> Planned:
        asked.append(types)
        return DRIFTED

    unshown = replace(DRIFTED, show=show)
    answer, facts, _ = looked((), (unshown,), **terms)
    assert facts is not None
    assert facts.how.way is Way.PLAIN
    assert isinstance(answer, Planned)
    assert answer.show is not None
    answer.show(TYPES)
    assert asked == [None]


# ---- no probe at all


def test_what_may_be_applied_unasked_is_planned_plainly() -> None:
    engine = Scripted([], [DRIFTED])
    assert look(None, cast("Any", engine), EXECUTION) == (DRIFTED, None)
    assert engine.asked == ["plan"]


@pytest.mark.parametrize(("check", "reason"), [(True, NOT_ALLOWED), (False, PLAIN_PLANS)])
def test_where_it_is_switched_off_nothing_is_probed(reason: str, *, check: bool) -> None:
    answer, facts, asked = looked((), (CLEAN,), allowed=False, check=check)
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.way, facts.record.reason) == (Way.PLAIN, reason)
    assert asked == ["plan"]


def test_if_a_probe_is_impossible_the_check_is_plain_with_the_reason() -> None:
    answer, facts, asked = looked((), (DRIFTED,), Fallback("hashicorp/aws is not the one"))
    assert answer is DRIFTED
    assert facts is not None
    assert facts.record.reason == "hashicorp/aws is not the one"
    assert asked == ["plan"]


def test_an_init_that_fails_is_the_failure_of_the_check() -> None:
    assert looked((), (), FAILED)[:2] == (FAILED, None)


@pytest.mark.parametrize(
    ("probes", "plans", "expected"),
    [((CANCELED,), (), CANCELED), ((LACKS, CANCELED), (), CANCELED), ((OUT,), (FAILED,), FAILED)],
    ids=["canceled", "canceled-the-second-time", "the-plain-plan-fails"],
)
def test_an_end_without_an_answer_teaches_nothing(
    probes: tuple[Probed | Fallback | EngineError, ...],
    plans: tuple[Planned | EngineError, ...],
    expected: EngineError,
) -> None:
    assert looked(probes, plans)[:2] == (expected, None)


# ---- in vain


@pytest.mark.parametrize("check", [True, False])
def test_after_failed_probes_only_every_nth_is_tried(*, check: bool) -> None:
    record = KNOWN
    tried = []
    for _ in range(2 * TRY_AGAIN + 1):
        waits = record.fallbacks >= GIVE_UP and record.fallbacks % TRY_AGAIN
        _, facts, asked = looked(() if waits else (OUT,), (CLEAN,), record=record, check=check)
        assert facts is not None
        record = facts.record
        tried.append(len(asked) > 1)
    assert [number for number, one in enumerate(tried) if one] == [*range(GIVE_UP), TRY_AGAIN, 2 * TRY_AGAIN]


def test_changed_code_is_probed_at_once_and_success_resets_the_count() -> None:
    tired = replace(KNOWN, fallbacks=GIVE_UP, fallback_mark=KNOWN.mark)
    assert looked((), (CLEAN,), record=tired)[2] == ["plan"]
    _, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), record=tired, inputs="other code")
    assert asked == [TYPES, "plan"]
    assert facts is not None
    assert facts.record.fallbacks == 0
    rested = replace(KNOWN, fallbacks=TRY_AGAIN, fallback_mark=KNOWN.mark)
    _, facts, _ = looked((SAYS_CLEAN,), (), record=rested)
    assert facts is not None
    assert (facts.record.fallbacks, facts.record.way) == (0, Way.PROBED)
