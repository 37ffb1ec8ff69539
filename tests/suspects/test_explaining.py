"""The cause of a drift: looked up after it was filed, again while CloudTrail is late, and told to people."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from labelled_drifts import record
from records_world import NOON, Records

from runner.errors import StackNotFound
from runner.model.attribution.judge import Window
from runner.model.attribution.schedule import AFTER
from runner.model.attribution.subject import Subject
from runner.model.changes.changes import Action, AttributeChange
from runner.model.drift.report import DriftClass, DriftReport, Finding
from runner.model.drift.report_text import report_markdown
from runner.model.drift.suspicion_text import headline
from runner.model.run.life import Event, Kind, Run
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.record import changed
from runner.ports.trail import TrailAnswer
from runner.service.drift.suspects import explain_next

APPLY_ROLE = "arn:aws:iam::111122223333:role/driftline-apply"
ARN = "arn:aws:rds:eu-west-1:111122223333:db:orders"
DRIFT = Finding(
    "aws_db_instance.orders",
    Action.UPDATE,
    DriftClass.DRIFT,
    (AttributeChange("backup_retention_period", 1, 14),),
    type="aws_db_instance",
    names=(("arn", ARN), ("identifier", "orders")),
)
CALL: dict[str, Any] = {
    "by": "ops-bot",
    "at": "00:00:00",
    "call": "rds ModifyDBInstance",
    "request": {"dBInstanceIdentifier": "orders", "backupRetentionPeriod": 1},
}


@dataclass
class Recorded:
    """A trail that has what it is given."""

    events: list[TrailEvent] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    asked: list[Window] = field(default_factory=list)

    def look(self, subjects: Sequence[Subject], window: Window) -> TrailAnswer:
        self.asked.append(window)
        return TrailAnswer(tuple(self.events), ("the event history",), self.problems)


def call(
    records: Records, *, by: str = "ops-bot", before: timedelta = timedelta(minutes=7), **request: object
) -> TrailEvent:
    event = changed(record({**CALL, "by": by, "request": {**CALL["request"], **request}}))
    assert event is not None
    return replace(event, id=f"{by}-{before}", at=records.clock.at - before)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    world = Records(tmp_path)
    check = world.queue("prod/rds", Kind.DRIFT)
    world.walk(check, Event.CLAIM, Event.FIND_NOTHING)
    world.age(hours=4)
    yield world
    world.app.store.close()


def with_role(records: Records, run: Run, role: str | None = APPLY_ROLE) -> None:
    """Its apply assumed this one."""
    with records.control.store.reading() as reader:
        document = json.loads(reader.definition(run.definition).document)
    document["aws"] = {**document.get("aws", {}), "apply_role": role}
    records.tamper(
        f"UPDATE definitions SET document = '{json.dumps(document)}' WHERE digest = '{run.definition}'"
    )


class Dying:
    def look(self, _subjects: Sequence[Subject], _window: Window) -> TrailAnswer:
        raise KeyboardInterrupt


def filed(records: Records, *findings: Finding, fingerprint: str = "f" * 64) -> DriftReport:
    with records.control.store.writing() as writer:
        report: DriftReport = writer.open_report(
            "prod/rds", "a" * 40, fingerprint, findings or (DRIFT,), confirmed=True
        )
    return report


def known(records: Records) -> DriftReport:
    with records.control.store.reading() as reader:
        report: DriftReport = reader.report(1)
    return report


def told(records: Records) -> list[str]:
    with records.control.store.reading() as reader:
        return [event.payload.reason for event in reader.events(0, ("drift.explain",))]  # type: ignore[union-attr]


def test_a_drift_is_explained_after_it_was_filed(records: Records) -> None:
    filed(records)
    trail = Recorded([call(records)])
    assert explain_next(records.control, trail)
    cause = known(records).suspicion
    assert cause is not None
    assert [(str(one.actor), one.confidence, one.tool) for one in cause.suspects] == [
        ("ops-bot", 93, "AWS CLI")
    ]
    assert headline(known(records)) == (
        "aws_db_instance.orders: backup_retention_period 14 -> 1 by ops-bot via AWS CLI, 2026-03-01 15:53 UTC, 93 %"
    )


def test_only_the_time_between_the_last_clean_check_and_the_report_is_searched(records: Records) -> None:
    report = filed(records)
    trail = Recorded([call(records, before=timedelta(hours=5))])
    explain_next(records.control, trail)
    assert trail.asked == [Window(NOON, report.last_seen)]
    assert known(records).suspicion is not None
    assert headline(known(records)) == "nobody found for aws_db_instance.orders"


def test_what_is_certain_is_final_and_is_told_once(records: Records) -> None:
    filed(records)
    trail = Recorded([call(records)])
    while explain_next(records.control, trail):
        records.age(hours=1)
    assert len(trail.asked) == 1
    assert len(told(records)) == 1


def test_while_nobody_is_known_it_is_looked_up_again_for_a_while(records: Records) -> None:
    filed(records)
    trail = Recorded()
    looks = 0
    for _ in range(100):
        looks += explain_next(records.control, trail)
        records.age(minutes=1)
    assert looks == len(AFTER)
    cause = known(records).suspicion
    assert cause is not None
    assert cause.final
    assert told(records) == ["nobody found for aws_db_instance.orders"]


def test_a_call_that_comes_late_is_told_when_it_comes(records: Records) -> None:
    filed(records)
    trail, late = Recorded(), call(records)
    explain_next(records.control, trail)
    assert told(records) == []
    trail.events.append(late)
    records.age(minutes=7)
    assert explain_next(records.control, trail)
    assert "by ops-bot" in told(records)[0]
    records.age(hours=2)
    assert not explain_next(records.control, trail)


def test_a_process_that_dies_before_it_is_stored_looks_it_up_again(records: Records) -> None:
    filed(records)
    trail = Recorded([call(records)])

    with pytest.raises(KeyboardInterrupt):
        explain_next(records.control, Dying())
    records.restart()
    assert explain_next(records.control, trail)
    assert known(records).suspicion is not None


def test_another_drift_of_the_report_is_looked_up_by_itself(records: Records) -> None:
    report = filed(records)
    explain_next(records.control, Recorded([call(records)]))
    with records.control.store.writing() as writer:
        changed_report = writer.change_report(writer.report(report.id), "e" * 64, (DRIFT,), confirmed=True)
    assert changed_report.suspicion is None
    assert known(records).suspicion is None
    assert explain_next(records.control, Recorded())


def test_a_drift_that_changes_while_it_is_looked_up_keeps_no_answer_of_the_old_one(records: Records) -> None:
    report = filed(records)
    trail = Recorded([call(records)])

    def change(*_: object) -> TrailAnswer:
        with records.control.store.writing() as writer:
            writer.change_report(report, "e" * 64, (DRIFT,), confirmed=True)
        return TrailAnswer(tuple(trail.events))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trail, "look", change)
        explain_next(records.control, trail)
    assert known(records).suspicion is None
    assert told(records) == []


def test_a_drift_that_was_healed_at_once_is_still_explained(records: Records) -> None:
    report = filed(records)
    with records.control.store.writing() as writer:
        writer.resolve_report(report, by="driftline", reason="healed")
    assert explain_next(records.control, Recorded([call(records)]))
    assert known(records).suspicion is not None


def test_nobody_hides_behind_the_name_of_a_run_that_ended_before(records: Records) -> None:
    run = records.apply("prod/rds")
    with_role(records, run)
    records.age(hours=1)
    filed(records)
    evil = call(records, by="own-run")
    evil = replace(evil, actor=replace(evil.actor, name=f"driftline-{run.name}"))
    explain_next(records.control, Recorded([evil]))
    cause = known(records).suspicion
    assert cause is not None
    (suspect,) = cause.suspects
    assert (suspect.run, suspect.who) == ("", f"driftline-{run.name} (role driftline-apply)")
    assert "not of a run of this installation" in suspect.reasons[-1]


def test_an_answer_that_is_not_complete_says_so(records: Records) -> None:
    filed(records)
    explain_next(records.control, Recorded(problems=("x may not use cloudtrail:LookupEvents",)))
    text = report_markdown(known(records))
    assert "nobody found" in text
    assert "cloudtrail:LookupEvents" in text
    assert "looked up again" in text.replace("`", "")


def test_resources_of_other_clouds_are_not_looked_up(records: Records) -> None:
    filed(records, Finding("terraform_data.it", Action.UPDATE, DriftClass.DRIFT))
    trail = Recorded()
    explain_next(records.control, trail)
    cause = known(records).suspicion
    assert cause is not None
    assert cause.final
    assert told(records) == []


def test_a_run_of_another_stack_is_named_as_such(records: Records) -> None:
    run = records.apply("prod/vpc")
    with_role(records, run)
    records.age(minutes=1)
    filed(records)
    ours = replace(call(records, by="own-run", before=timedelta(minutes=1)))
    ours = replace(ours, actor=replace(ours.actor, name=f"driftline-{run.name}"))
    explain_next(records.control, Recorded([ours]))
    (suspect,) = known(records).suspicion.suspects  # type: ignore[union-attr]
    assert suspect.who == f"Driftline, {run.name} of prod/vpc"


@pytest.mark.parametrize(
    "role", ["arn:aws:iam::999988887777:role/driftline-apply", "arn:aws:iam::111122223333:role/other", None]
)
def test_nobody_hides_behind_a_run_that_applies_this_stack_with_another_role(
    records: Records, role: str | None
) -> None:
    run = records.apply("prod/rds")
    with_role(records, run, role)
    records.age(minutes=1)
    filed(records)
    evil = call(records, by="own-run", before=timedelta(minutes=1))
    evil = replace(evil, actor=replace(evil.actor, name=f"driftline-{run.name}"))
    explain_next(records.control, Recorded([evil]))
    (suspect,) = known(records).suspicion.suspects  # type: ignore[union-attr]
    assert suspect.run == ""
    assert "not of a run of this installation" in suspect.reasons[-1]


def test_a_stack_that_is_gone_stops_no_other_lookup(records: Records) -> None:
    filed(records)
    with pytest.MonkeyPatch.context() as patch:

        def gone(*_: object) -> None:
            raise StackNotFound(stack="prod/rds")

        patch.setattr("runner.service.drift.suspects._case", gone)
        assert explain_next(records.control, Recorded())
    cause = known(records).suspicion
    assert cause is not None
    assert "prod/rds" in cause.problems[0]
