"""How a look is made of probes and plain plans: only "nothing" may come from a probe, all else is a plain plan's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from runner.model.changes.changes import Diagnostic
from runner.model.drift.probe import (
    GIVE_UP,
    TRY_AGAIN,
    ProbeFacts,
    ProbeReady,
    ProbeRecord,
    Probing,
    Provider,
    Way,
)
from runner.ports.engine import EngineError, Execution, Fallback, Planned, Probed
from runner.service.execution.probe import NOT_ALLOWED, OFF, look

AWS = Provider("hashicorp/aws 5.100.0", "h1:aws")
READY = ProbeReady("terraform 1.11.4", (AWS,))
TYPES: dict[str, tuple[str, ...]] = {"registry.terraform.io/hashicorp/aws": ("resource aws_vpc",)}
MORE: dict[str, tuple[str, ...]] = {
    "registry.terraform.io/hashicorp/aws": ("data aws_region", "resource aws_vpc")
}
KNOWN = ProbeRecord(READY.mark("code"), READY.mark(""), types=TYPES, checks=3, seconds=8.0)
EXECUTION = cast("Execution", None)
CANCELED = EngineError("probe", 1, (Diagnostic("error", "stopped"),), canceled=True)
FAILED = EngineError("plan", 1, (Diagnostic("error", "no credentials"),))


def planned(name: str, *, changed: bool) -> Planned:
    return Planned(changed, Path(name), None, "1.11.4")


CLEAN, DRIFTED = (planned("plan", changed=changed) for changed in (False, True))
SAYS_CLEAN, SAYS_DRIFTED = (Probed(planned("probe", changed=changed), MORE) for changed in (False, True))
OUT = Fallback("it broke")


@dataclass
class Scripted:
    """An engine that gives these answers in their order, and tells what it was asked."""

    probes: list[Probed | Fallback | EngineError]
    plans: list[Planned | EngineError]
    ready: ProbeReady | Fallback | EngineError = READY
    asked: list[object] = field(default_factory=list)

    def probe_ready(self, execution: Execution) -> ProbeReady | Fallback | EngineError:
        return self.ready

    def plan(self, execution: Execution) -> Planned | EngineError:
        self.asked.append("plan")
        return self.plans.pop(0)

    def probe(
        self, execution: Execution, types: Mapping[str, tuple[str, ...]] | None, seconds: float
    ) -> Probed | Fallback | EngineError:
        self.asked.append("whole" if types is None else types)
        return self.probes.pop(0)


def looked(
    probes: tuple[Probed | Fallback | EngineError, ...],
    plans: tuple[Planned | EngineError, ...],
    ready: ProbeReady | Fallback | EngineError = READY,
    **shown: Any,
) -> tuple[Planned | EngineError, ProbeFacts | None, list[object]]:
    engine = Scripted(list(probes), list(plans), ready)
    answer, facts = look(replace(Probing(KNOWN, inputs="code"), **shown), cast("Any", engine), EXECUTION)
    assert (engine.probes, engine.plans) == ([], [])
    return answer, facts, engine.asked


def test_a_clean_probe_is_the_answer_and_is_counted() -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), ())
    assert answer is SAYS_CLEAN.planned
    assert facts == ProbeFacts(replace(KNOWN, checks=4, way=Way.PROBED, reason=""))
    assert asked == [TYPES]


def test_what_a_probe_finds_is_planned_plainly_and_only_that_counts() -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (DRIFTED,))
    assert answer is DRIFTED
    assert facts is not None
    assert (facts.record.way, facts.record.reason, facts.disagreed) == (
        Way.COMPARED,
        "the probe found something",
        "",
    )
    assert asked == [TYPES, "plan"]


def test_a_probe_with_the_cut_schema_that_fails_is_done_with_the_whole_one() -> None:
    answer, facts, asked = looked((OUT, SAYS_CLEAN), ())
    assert answer is SAYS_CLEAN.planned
    assert facts is not None
    assert facts.record.way is Way.PROBED
    assert asked == [TYPES, "whole"]


def test_a_probe_stopped_at_its_deadline_is_not_retried_with_all_types() -> None:
    answer, facts, asked = looked((replace(OUT, late=True),), (CLEAN,))
    assert answer is CLEAN
    assert facts is not None
    assert facts.record.way is Way.PLAIN
    assert asked == [TYPES, "plan"]


def test_a_probe_that_fails_twice_is_a_plain_check_with_the_reason() -> None:
    answer, facts, asked = looked((OUT, OUT), (CLEAN,))
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.way, facts.record.reason, facts.record.fallbacks) == (Way.PLAIN, "it broke", 1)
    assert (facts.record.mark, facts.record.types, facts.record.checks) == (KNOWN.mark, TYPES, 3)
    assert asked == [TYPES, "whole", "plan"]


def test_the_first_check_is_done_both_ways_and_then_it_is_known() -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), record=ProbeRecord())
    assert answer is CLEAN
    assert facts is not None
    record = facts.record
    assert (record.way, record.checks, record.types) == (Way.COMPARED, 0, MORE)
    assert (record.mark, record.trusted) == (KNOWN.mark, KNOWN.trusted)
    assert asked == ["whole", "plan"]


@pytest.mark.parametrize(
    ("inputs", "ready"),
    [
        ("other code", READY),
        ("code", replace(READY, engine="terraform 1.12.0")),
        ("code", replace(READY, providers=(replace(AWS, checksum="h1:new"),))),
    ],
    ids=["code", "engine", "provider"],
)
def test_after_any_change_it_is_done_both_ways_with_the_whole_schema(inputs: str, ready: ProbeReady) -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), ready, inputs=inputs)
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.mark, facts.record.checks) == (ready.mark(inputs), 0)
    assert asked == ["whole", "plan"]


def test_every_nth_check_is_done_both_ways_with_the_same_schema() -> None:
    asked_in_turn = []
    record = replace(KNOWN, checks=0)
    for _ in range(5):
        way = Way.COMPARED if (record.checks + 1) % 3 == 0 else Way.PROBED
        plans = (CLEAN,) if way is Way.COMPARED else ()
        _, facts, asked = looked((SAYS_CLEAN,), plans, record=replace(record, types=TYPES), every=3)
        assert facts is not None
        record = facts.record
        asked_in_turn.append((record.way, asked))
    probed, compared = (Way.PROBED, [TYPES]), (Way.COMPARED, [TYPES, "plan"])
    assert asked_in_turn == [probed, probed, compared, probed, probed]


# ---- they disagree


@pytest.mark.parametrize(
    ("says", "plan", "shown"),
    [
        (SAYS_CLEAN, DRIFTED, "a full plan found changes, a probe none"),
        (SAYS_DRIFTED, CLEAN, "a full plan found none, a probe changes"),
    ],
    ids=["wrong-clean", "wrong-drift"],
)
def test_a_probe_that_disagrees_twice_is_no_longer_trusted(says: Probed, plan: Planned, shown: str) -> None:
    answer, facts, asked = looked((says, says), (plan,), record=ProbeRecord())
    assert answer is plan
    assert facts == ProbeFacts(ProbeRecord(reason=OFF), shown, (AWS,))
    assert asked == ["whole", "plan", "whole"]


@pytest.mark.parametrize(
    ("again", "reason"), [(SAYS_DRIFTED, "the cloud changed during the check"), (OUT, "changed during")]
)
def test_a_cloud_that_moved_between_the_two_is_no_disagreement(again: Probed | Fallback, reason: str) -> None:
    answer, facts, _ = looked((SAYS_CLEAN, again), (DRIFTED,), inputs="other code")
    assert answer is DRIFTED
    assert facts is not None
    assert (facts.disagreed, facts.record.way) == ("", Way.PLAIN)
    assert reason in facts.record.reason
    assert facts.record.mark == KNOWN.mark  # the next one is compared again


def test_a_distrusted_provider_is_not_probed() -> None:
    answer, facts, asked = looked((), (CLEAN,), distrusted=frozenset({"h1:aws"}))
    assert answer is CLEAN
    assert facts is not None
    assert facts.record.reason == "a probe of hashicorp/aws 5.100.0 once disagreed with a full plan"
    assert asked == ["plan"]


# ---- no probe at all


def test_where_a_person_is_to_be_asked_nothing_is_probed() -> None:
    engine = Scripted([], [DRIFTED])
    assert look(None, cast("Any", engine), EXECUTION) == (DRIFTED, None)
    assert engine.asked == ["plan"]


def test_where_it_is_switched_off_nothing_is_probed() -> None:
    answer, facts, asked = looked((), (CLEAN,), allowed=False)
    assert answer is CLEAN
    assert facts is not None
    assert (facts.record.way, facts.record.reason) == (Way.PLAIN, NOT_ALLOWED)
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
    [((CANCELED,), (), CANCELED), ((OUT, CANCELED), (), CANCELED), ((OUT, OUT), (FAILED,), FAILED)],
    ids=["canceled", "canceled-the-second-time", "the-plain-plan-fails"],
)
def test_an_end_without_an_answer_teaches_nothing(
    probes: tuple[Probed | Fallback | EngineError, ...],
    plans: tuple[Planned | EngineError, ...],
    expected: EngineError,
) -> None:
    assert looked(probes, plans)[:2] == (expected, None)


# ---- in vain


def test_after_failed_probes_only_every_nth_is_tried() -> None:
    record = KNOWN
    tried = []
    for _ in range(2 * TRY_AGAIN + 1):
        waits = record.fallbacks >= GIVE_UP and record.fallbacks % TRY_AGAIN
        _, facts, asked = looked(() if waits else (OUT, OUT), (CLEAN,), record=record)
        assert facts is not None
        record = facts.record
        tried.append("whole" in asked)
    assert [number for number, one in enumerate(tried) if one] == [*range(GIVE_UP), TRY_AGAIN, 2 * TRY_AGAIN]
    assert record.reason == "it broke"


def test_changed_code_is_probed_at_once_and_success_resets_the_count() -> None:
    tired = replace(KNOWN, fallbacks=GIVE_UP, fallback_mark=KNOWN.mark)
    assert looked((), (CLEAN,), record=tired)[2] == ["plan"]
    _, facts, asked = looked((SAYS_CLEAN,), (CLEAN,), record=tired, inputs="other code")
    assert asked == ["whole", "plan"]
    assert facts is not None
    assert facts.record.fallbacks == 0
    rested = replace(KNOWN, fallbacks=TRY_AGAIN, fallback_mark=KNOWN.mark)
    _, facts, _ = looked((SAYS_CLEAN,), (), record=rested)
    assert facts is not None
    assert (facts.record.fallbacks, facts.record.way) == (0, Way.PROBED)


# ---- triage


def test_code_that_changes_nothing_is_done_by_a_probe_and_is_no_check() -> None:
    answer, facts, asked = looked((SAYS_CLEAN,), (), inputs="other code", triage=True)
    assert answer is SAYS_CLEAN.planned
    assert facts is not None
    assert (facts.record.mark, facts.record.checks) == (KNOWN.mark, 3)
    assert asked == [TYPES]


def test_code_that_changes_something_gets_a_plain_plan() -> None:
    answer, facts, asked = looked((SAYS_DRIFTED,), (DRIFTED,), inputs="other code", triage=True)
    assert answer is DRIFTED
    assert facts is not None
    assert (facts.record.way, facts.record.reason) == (Way.PLAIN, "the code changes something")
    assert facts.record.mark == KNOWN.mark
    assert asked == [TYPES, "plan"]


def test_code_of_a_stack_that_was_never_compared_is_planned_plainly() -> None:
    answer, _, asked = looked((), (DRIFTED,), record=ProbeRecord(), triage=True)
    assert answer is DRIFTED
    assert asked == ["plan"]
