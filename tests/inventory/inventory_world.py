"""Accounts made up of resources, and stacks that manage some of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from store_world import HandClock

from runner.model.aws.place import Place
from runner.model.inventory.coverage import Gap
from runner.model.inventory.resource import CloudResource
from runner.model.inventory.state_object import SeenObjects, StateObject
from runner.model.settings.server import CoverageSettings, DriftSettings, Settings
from runner.ports.control import ControlPorts
from runner.store.database import SqliteStore

ACCOUNT = "111122223333"
HERE, THERE = Place(ACCOUNT, "eu-west-1"), Place(ACCOUNT, "us-east-1")


def queue(name: str, place: Place = HERE, tags: Mapping[str, str] | None = None) -> CloudResource:
    arn = f"arn:aws:sqs:{place.region}:{place.account}:{name}"
    return CloudResource(place, "aws_sqs_queue", f"https://sqs/{name}", arn, name, tags=tags or {})


def in_state(*names: str, place: Place = HERE) -> SeenObjects:
    """The queues of these names."""
    objects = (
        StateObject(f"aws_sqs_queue.{name}", "aws_sqs_queue", queue(name, place).arn, (name,))
        for name in names
    )
    return SeenObjects("line", 1, tuple(objects))


@dataclass
class Accounts:
    """Satisfies `Inventory`."""

    has: dict[Place, Sequence[CloudResource | Gap | Exception]] = field(default_factory=dict)
    listed: list[Place] = field(default_factory=list)

    def places(self, account: str | None = None, region: str | None = None) -> tuple[Place, ...]:
        return tuple(
            one for one in self.has if account in {None, one.account} and region in {None, one.region}
        )

    def resources(self, place: Place) -> Iterator[CloudResource | Gap]:
        self.listed.append(place)
        for one in self.has[place]:
            if isinstance(one, Exception):
                raise one
            yield one


def control(store: SqliteStore, clock: HandClock, coverage: CoverageSettings | None = None) -> ControlPorts:
    settings = Settings(Path("/nowhere"), drift=DriftSettings(coverage=coverage or CoverageSettings()))
    return cast("ControlPorts", SimpleNamespace(store=store, clock=clock, settings=settings))
