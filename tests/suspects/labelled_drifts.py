"""The labelled set: drifts, what CloudTrail has of the time, and who did it. Records as CloudTrail writes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runner.model.attribution.judge import Window, judge
from runner.model.attribution.subject import subjects
from runner.model.changes.changes import Action, AttributeChange
from runner.model.drift.report import DriftClass, Finding
from runner.model.suspects.actor import Actor, actor_of
from runner.model.suspects.own import OwnRun
from runner.model.suspects.record import changed
from runner.model.suspects.suspect import Suspect

HERE = Path(__file__).parent / "labelled"
DAY = "2026-11-30"
ACCOUNT, REGION, STACK = "111122223333", "eu-west-1", "prod/app"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/driftline-apply"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}+00:00").astimezone(UTC)


WINDOW = Window(at("20:00:00"), at("22:05:00"))
RUNS = {
    "run-12": OwnRun("prod/network", at("21:30:00"), at("21:31:00"), ROLE),
    "run-30": OwnRun(STACK, at("20:00:00"), at("20:01:00"), ROLE),
}


@cache
def people() -> dict[str, Any]:
    return dict(yaml.safe_load((HERE / "people.yaml").read_text()))


@dataclass(frozen=True)
class Case:
    it: str
    finding: Finding
    records: tuple[dict[str, Any], ...]
    who: str
    unsure: bool = False  # it cannot be said with 80 percent

    @property
    def actor(self) -> Actor | None:
        return None if self.who == "nobody" else actor_of(people()[self.who]["userIdentity"])

    def suspects(self, *, complete: bool = True) -> tuple[Suspect, ...]:
        (subject,) = subjects([self.finding], ACCOUNT, [REGION])
        events = [event for record in self.records if (event := changed(record)) is not None]
        return judge(subject, events, WINDOW, stack=STACK, runs=RUNS, complete=complete)


def record(raw: dict[str, Any], number: int = 0) -> dict[str, Any]:
    service, name = raw["call"].split()
    known = people()[raw["by"]]
    return {
        "eventVersion": "1.11",
        **known,
        "eventTime": f"{DAY}T{raw['at']}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": raw.get("region", REGION),
        "requestParameters": raw["request"],
        "responseElements": raw.get("response"),
        "requestID": f"request-{number}",
        "eventID": f"event-{0 if raw.get('duplicate') else number}",
        "readOnly": raw.get("reads", False),
        "resources": [{"ARN": arn, "accountId": ACCOUNT} for arn in raw.get("arns", ())],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": raw.get("account", ACCOUNT),
        "eventCategory": "Management",
        **({"errorCode": raw["error"]} if "error" in raw else {}),
    }


def _finding(raw: dict[str, Any]) -> Finding:
    gone = raw.get("gone", False)
    return Finding(
        address=f"{raw['type']}.it",
        action=Action.CREATE if gone else Action.UPDATE,
        drift_class=DriftClass.MISSING if gone else DriftClass.DRIFT,
        attributes=tuple(
            AttributeChange(path, before, after) for path, (before, after) in raw.get("found", {}).items()
        ),
        type=raw["type"],
        names=tuple(raw["names"].items()),
    )


def raw_cases() -> Iterator[dict[str, Any]]:
    for path in sorted(HERE.glob("*.yaml")):
        if path.name != "people.yaml":
            yield from yaml.safe_load(path.read_text())


@cache
def cases() -> tuple[Case, ...]:
    return tuple(
        Case(
            it=raw["it"],
            finding=_finding(raw),
            records=tuple(record(one, number) for number, one in enumerate(raw["trail"])),
            who=raw["who"],
            unsure=raw.get("unsure", False),
        )
        for raw in raw_cases()
    )
