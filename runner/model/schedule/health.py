"""The third axis of a stack: whether something keeps it from being planned, checked or applied."""

from collections.abc import Iterator

from runner.model.run.life import State
from runner.model.schedule.rule import pause_sentence
from runner.model.schedule.view import View
from runner.model.stack.definition import DriftStatus, Health, Stack


def health(view: View) -> tuple[Health, str]:
    """The third axis, and why it is not ok: what a person must do comes first.

    A source that cannot be read is itself unhealthy; its stacks stay as they were.
    """
    stack = view.stack
    if view.lock is not None:
        return Health.LOCKED, f"locked by {view.lock.holder}: {view.lock.reason}"
    if view.paused:
        return Health.PAUSED, pause_sentence(view)
    problem = next(filter(None, _problems(view, stack)), None)
    return (Health.ERROR, problem) if problem else (Health.OK, "")


def _problems(view: View, stack: Stack) -> Iterator[str | None]:
    last = view.last_change
    yield "source missing" if stack.missing_since is not None and stack.left is None else None
    yield stack.problem
    if last is not None and last.state is State.PLAN_FAILED and last.inputs == stack.inputs:
        yield f"{last.name}: {last.reason or 'the plan failed'}"
    yield f"drift check failed: {stack.drift_reason}" if stack.drift is DriftStatus.ERROR else None
