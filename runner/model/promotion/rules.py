"""What keeps a revision from its next stage: a table of rules about the stage before, the first that fits counts."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from runner.model.promotion.stage import Stage, StageRecord, Wanted
from runner.model.run.life import State
from runner.model.settings.promotion import Promotion
from runner.model.stack.definition import Stack
from runner.model.values.clock import went_back
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Held:
    """Why a stage does not get a revision yet. `early` if a person may promote it all the same."""

    promotion: str
    before: str
    code: str
    reason: str
    early: bool = False

    @property
    def sentence(self) -> str:
        return f"waits for promotion {self.promotion}: {self.reason}"


@dataclass(frozen=True)
class Case:
    """A stage that is to get a revision, and one before it, which exists."""

    promotion: Promotion
    before: Stage
    stack: Stack  # of the stage before
    record: StageRecord
    source: str  # of the stage that waits
    wanted: Wanted
    now: datetime

    @property
    def soaked_at(self) -> datetime | None:
        at = self.applied_at
        return None if at is None else at + timedelta(seconds=self.promotion.wait.soak)

    @property
    def applied_at(self) -> datetime | None:
        return self.record.applied.at if self.record.applied else None


@dataclass(frozen=True)
class StageRule:
    code: str
    fits: Callable[[Case], bool]
    reason: Callable[[Case], str]
    early: bool = False  # whether a person may promote without it


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _applied(case: Case) -> str:
    return case.record.applied.run if case.record.applied else ""


def _checked(case: Case, state: State) -> bool:
    check = case.record.check
    return case.promotion.wait.clean_check and check is not None and check.state is state


def _unchecked(case: Case) -> bool:
    """An apply without changes has compared everything, too."""
    applied = case.record.applied
    empty = applied is not None and applied.empty
    return case.promotion.wait.clean_check and case.record.check is None and not empty


def _found(case: Case) -> str:
    check = case.record.check
    return f"{check.run}: {check.reason}" if check and check.reason else check.run if check else ""


STAGE_RULES: tuple[StageRule, ...] = (
    StageRule(
        "missing",
        lambda c: c.stack.missing_since is not None,
        lambda c: f"{c.before.name} is no longer in Git",
    ),
    StageRule(
        "other_source",
        lambda c: c.stack.source != c.source,
        lambda c: (
            f"{c.before.name} is in another source ({c.stack.source}), and revisions are compared within one"
        ),
    ),
    StageRule(
        "problem",
        lambda c: c.stack.problem is not None,
        lambda c: f"the definition of {c.before.name} in Git is invalid",
    ),
    StageRule("paused", lambda c: bool(c.before.paused), lambda c: f"{c.before.name} is {c.before.paused}"),
    StageRule(
        "locked",
        lambda c: c.before.lock is not None,
        lambda c: (
            f"{c.before.name} is locked by {c.before.lock.holder}: {c.before.lock.reason}"
            if c.before.lock
            else ""
        ),
    ),
    StageRule(
        "partly_applied",
        lambda c: c.record.partly is not None,
        lambda c: f"{c.record.partly} has left {c.before.name} partly applied",
    ),
    StageRule(
        "never_applied",
        lambda c: c.stack.applied_revision is None or c.record.applied is None,
        lambda c: f"{c.before.name} has not been applied yet ({c.before.doing})",
    ),
    StageRule(
        "not_applied",
        lambda c: not c.wanted.in_effect_in(c.before),
        lambda c: f"{c.before.name} has not applied {c.wanted.revision[:12]} yet ({c.before.doing})",
    ),
    StageRule(
        "clock",
        lambda c: went_back(c.now, c.applied_at),
        lambda c: (
            f"{_applied(c)} of {c.before.name} was applied in the future, at"
            f" {_moment(c.applied_at)}; the clock is wrong now, or was wrong then"
        ),
        early=True,
    ),
    StageRule(
        "drifted",
        lambda c: _checked(c, State.DRIFTED),
        lambda c: f"{c.before.name} has drifted since {_applied(c)} ({_found(c)})",
        early=True,
    ),
    StageRule(
        "check_failed",
        lambda c: _checked(c, State.PLAN_FAILED),
        lambda c: f"the last drift check of {c.before.name} failed ({_found(c)})",
        early=True,
    ),
    StageRule(
        "soaking",
        lambda c: c.promotion.wait.soak > 0 and c.soaked_at is not None and c.now < c.soaked_at,
        lambda c: (
            f"{c.before.name} soaks until {_moment(c.soaked_at)}, {c.promotion.wait.soak} after {_applied(c)}"
        ),
        early=True,
    ),
    StageRule(
        "unchecked",
        _unchecked,
        lambda c: (
            f"{c.before.name} has not been checked for drift since {_applied(c)};"
            f" next check {_moment(c.stack.next_check_at) or 'not planned'}"
        ),
        early=True,
    ),
)


def held(
    promotion: Promotion, stage: Stage, before: Iterable[Stage], wanted: Wanted, now: datetime
) -> Held | None:
    """Why the stage does not get this revision yet; `before` are the stages before it, the nearest first.

    A stage that needed no apply for the revision says nothing about it: then the one before that one counts, too.
    """
    if stage.stack is None:
        return None
    for one in before:
        found = _held_by(promotion, one, stage.stack.source, wanted, now)
        if found is not None or wanted.applied_by(one):
            return found
    return None


def renamed_stage(promotions: Iterable[Promotion], stack: Stack, owner: str | None = None) -> Held | None:
    """A commit that renames a later stage must not take it out of its promotion: the operator corrects the order.

    `owner` is the stage that has the stack's state, whatever the commit says that it was called.
    """
    old = stack.renamed_from or owner
    found = next((one for one in promotions if old in one.order[1:]), None) if old is not None else None
    if found is None or old is None:
        return None
    reason = f"{stack.name} was its stage {old}; correct the order in the configuration"
    return Held(found.name, old, "renamed", reason)


def _held_by(promotion: Promotion, before: Stage, source: str, wanted: Wanted, now: datetime) -> Held | None:
    if before.stack is None or before.record is None:
        left = before.record.left if before.record else None
        gone = f"{before.name} is {left}" if left else f"there is no stack {before.name}"
        return Held(promotion.name, before.name, "unknown", f"{gone}; correct the order in the configuration")
    case = Case(promotion, before, before.stack, before.record, source, wanted, now)
    rule = next((rule for rule in STAGE_RULES if rule.fits(case)), None)
    return Held(promotion.name, before.name, rule.code, rule.reason(case), rule.early) if rule else None
