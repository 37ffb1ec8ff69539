"""An account on record: one managed queue, one that nobody manages, one of another tool, and topics that were not listed."""

from datetime import datetime

from inventory_world import HERE, queue
from store_world import NOON

from runner.model.inventory.coverage import Gap, Tally, judge
from runner.model.inventory.managed import Managed, ManagedObject
from runner.model.suspects.actor import Actor, Kind
from runner.model.suspects.event import TrailEvent
from runner.store.database import SqliteStore


def listed(store: SqliteStore, name: str = "by-hand") -> None:
    jobs = queue("jobs")
    managed = Managed.of([ManagedObject("app", "aws_sqs_queue.jobs", jobs.type, jobs.arn, ())])
    found = [jobs, queue(name), queue("of-web", tags={"aws:cloudformation:stack-name": "web"})]
    judged, tally = list(judge(found, managed, lambda _: False)), Tally()
    for one in judged:
        tally.add(one)
    with store.writing() as writer:
        listing = writer.begin_listing(HERE)
        writer.save_listed(listing, HERE, [one for one in judged if one.by is None])
        gap = Gap(HERE, "aws_sns_topic", "denied", "sns:ListTopics")
        writer.end_listing(listing, HERE, tally.rows(), [gap])


def heard(person: str, call: str, name: str, at: datetime = NOON) -> TrailEvent:
    """A call that AWS reported, about a queue."""
    return TrailEvent(
        id="e-1",
        at=at,
        name=call,
        source="sqs.amazonaws.com",
        account=HERE.account,
        region=HERE.region,
        actor=Actor(Kind.USER, person),
        address="192.0.2.1",
        agent="aws-cli",
        request="r-1",
        names=(("queuename", name),),
    )
