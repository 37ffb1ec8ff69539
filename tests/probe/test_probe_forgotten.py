"""A provider that was wrong and is trusted again: what it said before is asked for anew, whatever happens meanwhile."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.model.run.life import Kind
from runner.model.warm.compared import HowPlanned
from runner.model.warm.probe import ProbeFacts, ProbeRecord, failed, no_check, plainly
from runner.model.warm.provider import Way
from runner.probe.cache import Cache, Question
from runner.service.outcome.probe import remember_failure, remember_probe

LIAR, OTHER = "h1:liar", "h1:other"
TYPES: dict[str, tuple[str, ...]] = {"registry.terraform.io/hashicorp/aws": ("resource aws_vpc",)}
KNOWN = ProbeRecord("m", TYPES, 7, 3.5, way=Way.PROBED, reason="")
FORGOTTEN = ProbeRecord(seconds=3.5, way=Way.PROBED, reason="")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(tmp_path / "cache")
    for provider in (LIAR, OTHER):
        for protocol in (5, 6):
            made.keep_schema(provider, protocol, b"its schema")
    return made


def test_its_schemas_are_gone_and_those_of_others_are_not(cache: Cache) -> None:
    cache.forget(LIAR)
    kept = {(one, protocol) for one in (LIAR, OTHER) for protocol in (5, 6) if cache.schema(one, protocol)}
    assert kept == {(OTHER, 5), (OTHER, 6)}
    assert cache.protocol(LIAR) is None


def test_what_was_valid_is_asked_again(cache: Cache) -> None:
    questions = [Question(LIAR, "here", number.to_bytes()) for number in range(3)]
    for one in questions:
        cache.keep_valid(one)
    cache.forget(LIAR)
    assert not any(cache.is_valid(one) for one in questions)


def test_what_was_cut_from_its_schema_is_not_answered_from_memory(cache: Cache) -> None:
    cache.keep_schema(LIAR, 6, b"")
    types = frozenset({"resource aws_vpc"})
    assert cache.schema_of(LIAR, 6, types) is not None
    cache.forget(LIAR)
    assert cache.schema_of(LIAR, 6, types) is None


def test_one_of_which_nothing_is_kept_is_forgotten_too(cache: Cache) -> None:
    cache.forget("h1:never-seen")
    assert cache.protocol(LIAR) == 5


# ---- what is recorded of checks that end meanwhile


class Records:
    """The record of the one stack."""

    def __init__(self, record: ProbeRecord) -> None:
        self.record = record

    def probe(self, stack: str) -> ProbeRecord:
        return self.record

    def save_probe(self, stack: str, record: ProbeRecord) -> None:
        self.record = record

    def save_how_planned(self, run_id: int, how: HowPlanned) -> None:
        pass


def remembered(now: ProbeRecord, seen: ProbeRecord, kind: Kind = Kind.DRIFT) -> ProbeRecord:
    records = Records(now)
    run = cast("Any", SimpleNamespace(id=1, stack="web", kind=kind, name="run-1"))
    remember_probe(cast("Any", records), run, ProbeFacts(seen))
    return records.record


@pytest.mark.parametrize("kind", [Kind.DRIFT, Kind.CHANGE])
@pytest.mark.parametrize("seen", [replace(KNOWN, checks=8), plainly(KNOWN, "it was not trusted")])
def test_a_run_that_began_before_it_was_trusted_brings_nothing_back(seen: ProbeRecord, kind: Kind) -> None:
    record = remembered(FORGOTTEN, seen, kind)
    assert (record.mark, record.types, record.checks) == ("", {}, 0)


def test_a_comparison_counts_though_nothing_was_known() -> None:
    compared = replace(KNOWN, way=Way.COMPARED, reason="first")
    assert remembered(FORGOTTEN, compared) == compared


def test_probes_in_vain_are_counted_though_nothing_was_ever_compared() -> None:
    seen = ProbeRecord(fallbacks=2, fallback_mark="m", reason="it broke")
    assert remembered(ProbeRecord(fallbacks=1, fallback_mark="m", reason="it broke"), seen) == seen


# ---- what was a check


def test_the_plan_of_a_change_says_nothing_of_how_the_last_check_was_done() -> None:
    seen = plainly(replace(KNOWN, fallbacks=1, fallback_mark="n"), "the code changes something")
    assert remembered(KNOWN, seen, Kind.CHANGE) == replace(KNOWN, fallbacks=1, fallback_mark="n")


def test_a_check_that_failed_is_the_last_one_and_nothing_learned_is_lost() -> None:
    records = Records(KNOWN)
    remember_failure(cast("Any", records), cast("Any", SimpleNamespace(stack="web")))
    assert records.record == replace(KNOWN, way=Way.FAILED)


@pytest.mark.parametrize(
    ("record", "is_checked"),
    [
        pytest.param(ProbeRecord(), False, id="never"),
        pytest.param(no_check(plainly(KNOWN, "a change"), ProbeRecord()), False, id="only-planned"),
        pytest.param(failed(ProbeRecord()), True, id="failed"),
        pytest.param(plainly(ProbeRecord(), "drift.probe is never"), True, id="plainly"),
        pytest.param(KNOWN, True, id="probed"),
    ],
)
def test_whether_a_stack_was_checked(record: ProbeRecord, *, is_checked: bool) -> None:
    assert record.checked is is_checked
