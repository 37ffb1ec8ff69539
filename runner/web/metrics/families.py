"""The numbers as metric families: names, help and labels. Alert rules and the dashboard use these names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from runner import __version__
from runner.model.drift.report import ReportStatus
from runner.model.run.life import FINAL, Kind
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.work.worker import WorkerStatus
from runner.ports.records.totals import BOUNDS, Timed
from runner.view.metrics import Numbers, PoolNumbers

PREFIX = "driftline"


def families(of: Numbers) -> Iterator[Metric]:
    """Always all of them, so that an alert never looks for one that has not come about yet."""
    yield _gauge("build_info", "Version of Driftline.", {"version": __version__}, 1)
    yield _gauge("daemon_up", "Whether a daemon runs on the data directory.", {}, int(of.daemon))
    yield _gauge(
        "reload_refused",
        "Whether the daemon refused to reload the configuration and runs with the one before.",
        {},
        int(of.reload_refused),
    )
    yield _gauge("disk_shortage", "Whether the disk lacks room for new work.", {}, int(of.shortage))
    yield _gauge(
        "broker_unreachable", "Whether runs cannot be announced to pools.", {}, int(of.broker_unreachable)
    )
    yield from _stacks(of)
    yield from _runs(of)
    yield _by_stack("stack_locked_since_timestamp_seconds", "When a stack was locked.", of.locked_since)
    yield _each("drift_reports", "Drift reports that are not resolved.", "status", _unresolved(), of.reports)
    yield _by_stack(
        "drift_open_since_timestamp_seconds", "When open drift of a stack was first seen.", of.drifted_since
    )
    yield from _sources(of)
    dead = GaugeMetricFamily(
        f"{PREFIX}_dead_letters", "Events that could not be delivered.", labels=["consumer"]
    )
    for consumer, count in of.dead_letters.items():
        dead.add_metric([consumer], count)
    yield dead
    yield from _queues(of)
    yield from _notifications(of)
    yield from _pools(of)
    yield _histogram(of.took)


def _stacks(of: Numbers) -> Iterator[Metric]:
    yield _each("stacks_by_sync", "Stacks by Git against what was applied.", "sync", Sync, of.sync)
    yield _each(
        "stacks_by_drift", "Stacks by what was applied against the cloud.", "drift", DriftStatus, of.drift
    )
    yield _each("stacks_by_health", "Stacks by health.", "health", Health, of.health)


def _runs(of: Numbers) -> Iterator[Metric]:
    ended = CounterMetricFamily(f"{PREFIX}_runs", "Ended runs by kind and result.", labels=["kind", "result"])
    for kind in Kind:
        for result in sorted(FINAL):
            ended.add_metric([kind, result], of.ended.get((kind, result), 0))
    yield ended
    open_runs = GaugeMetricFamily(
        f"{PREFIX}_open_runs", "Runs that have not ended.", labels=["kind", "state"]
    )
    for (kind, state), count in of.open_runs.items():
        open_runs.add_metric([kind, state], count)
    yield open_runs
    yield _age("queue_age_seconds", "Age of the oldest queued run; 0 without one.", of.now, of.queued_since)
    yield _age(
        "approval_age_seconds",
        "Age of the oldest plan that waits for approval; 0 without one.",
        of.now,
        of.waiting_since,
    )


def _sources(of: Numbers) -> Iterator[Metric]:
    answered, checked, failures = (
        GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=["source"])
        for name, text in (
            ("source_answered_timestamp_seconds", "When a source last answered a poll."),
            ("source_checked_timestamp_seconds", "When a stack of a source was last checked for drift."),
            ("source_poll_failures", "Polls of a source that failed since its last answer."),
        )
    )
    for one in of.sources:
        for family, at in ((answered, one.answered_at), (checked, one.checked_at)):
            if at is not None:
                family.add_metric([one.name], at.timestamp())
        failures.add_metric([one.name], one.failures)
    yield from (answered, checked, failures)


def _queues(of: Numbers) -> Iterator[Metric]:
    up, received = (
        GaugeMetricFamily(f"{PREFIX}_aws_event_queue_{name}", text, labels=["queue"])
        for name, text in (
            ("up", "Whether a queue of AWS events can be read."),
            ("received_timestamp_seconds", "When a queue of AWS events gave its last message."),
        )
    )
    for name, one in of.queues.items():
        up.add_metric([name], int(not one.problem))
        if one.received_at is not None:
            received.add_metric([name], one.received_at.timestamp())
    yield from (up, received)


def _notifications(of: Numbers) -> Iterator[Metric]:
    messages, failures = (
        CounterMetricFamily(f"{PREFIX}_notification_{name}", text, labels=["notification"])
        for name, text in (("messages", "Messages sent."), ("failures", "Attempts to send that failed."))
    )
    lag = GaugeMetricFamily(
        f"{PREFIX}_notification_lag_seconds",
        "Age of the oldest event that is not delivered; 0 without one.",
        labels=["notification"],
    )
    for one in of.notifications:
        messages.add_metric([one.name], one.messages)
        failures.add_metric([one.name], one.failures)
        lag.add_metric([one.name], _seconds(of.now, one.waiting_since))
    yield from (messages, failures, lag)


# Name, help and value of what each pool has one of.
_OF_A_POOL: tuple[tuple[str, str, Callable[[PoolNumbers], float]], ...] = (
    ("leases", "Runs that workers of a pool execute.", lambda one: one.row.executing),
    ("waiting_runs", "Runs that a worker of a pool could execute now.", lambda one: one.row.waiting),
    ("drained", "Whether a person drained a pool.", lambda one: one.row.drained is not None),
    (
        "starved",
        "Whether runs wait for a pool without a worker that nobody drained.",
        lambda one: one.starved,
    ),
    (
        "silent_applies",
        "Applies whose worker is silent, so that nobody knows how they go on.",
        lambda one: one.silent_applies,
    ),
    (
        "namesakes",
        "Workers under whose name another one was refused in the last 5 minutes.",
        lambda one: one.namesakes,
    ),
)


def _pools(of: Numbers) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        f"{PREFIX}_pool_workers", "Workers of a pool by status.", labels=["pool", "status"]
    )
    for one in of.pools:
        for status in WorkerStatus:
            workers.add_metric([one.row.name, status], one.workers.get(status, 0))
    yield workers
    for name, text, value in _OF_A_POOL:
        yield _by_pool(name, text, of, value)
    yield _by_pool(
        "waiting_age_seconds",
        "Age of the oldest run that a worker of a pool could execute now; 0 without one.",
        of,
        lambda one: _seconds(of.now, one.row.waiting_since),
    )


def _by_pool(name: str, text: str, of: Numbers, value: Callable[[PoolNumbers], float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_pool_{name}", text, labels=["pool"])
    for one in of.pools:
        family.add_metric([one.row.name], value(one))
    return family


def _histogram(took: Mapping[str, Timed]) -> Metric:
    family = HistogramMetricFamily(
        f"{PREFIX}_execution_seconds", "How long plans, drift checks and applies took.", labels=["operation"]
    )
    for operation in ("plan", "check", "apply"):
        timed = took.get(operation, Timed({}, 0, 0.0))
        below = list(accumulate(timed.within.get(bound, 0) for bound in BOUNDS))
        buckets = [(str(float(bound)), float(count)) for bound, count in zip(BOUNDS, below, strict=True)]
        family.add_metric([operation], [*buckets, ("+Inf", below[-1] + timed.beyond)], timed.seconds)
    return family


def _unresolved() -> Iterable[StrEnum]:
    return (one for one in ReportStatus if one is not ReportStatus.RESOLVED)


def _gauge(name: str, text: str, labels: Mapping[str, str], value: float) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _age(name: str, text: str, now: datetime, since: datetime | None) -> Metric:
    return _gauge(name, text, {}, _seconds(now, since))


def _seconds(now: datetime, since: datetime | None) -> float:
    return 0 if since is None else max(0.0, (now - since).total_seconds())


def _each(name: str, text: str, label: str, values: Iterable[StrEnum], counts: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for value in values:
        family.add_metric([value], counts.get(value, 0))
    return family


def _by_stack(name: str, text: str, since: Mapping[str, datetime]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=["stack"])
    for stack, at in since.items():
        family.add_metric([stack], at.timestamp())
    return family
