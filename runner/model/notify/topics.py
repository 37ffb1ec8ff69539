"""The topics of a notification."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from runner.model.events.feed import TOPICS

# What a person has to act on or wants to hear of.
DEFAULT = (
    "run.awaiting_approval",
    "run.plan_failed",
    "run.applied",
    "run.apply_failed",
    "run.interrupted",
    "drift.open",
    "drift.confirm",
    "drift.change",
    "drift.acknowledge",
    "drift.reopen",
    "drift.resolve",
    "drift.contest",
    "drift.explain",
    "apply.break_glass",
    "promotion.straight",
    "stack.missing",
    "check.fail",
    "check.pass",
    "backup.restore",
    "probe.distrust",
)


def matching(globs: Iterable[str]) -> frozenset[str]:
    """The known topics that one of the patterns matches, such as `run.*`."""
    wanted = tuple(globs)
    return frozenset(topic for topic in TOPICS if any(fnmatchcase(topic, glob) for glob in wanted))
