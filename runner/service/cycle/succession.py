"""A renamed stack: its state, its records, and its terms move to the new name in one transaction.

No file is moved. A managed state stays in its folder, and the new stack records where that is; so after any
crash the state is whole and belongs to exactly one stack. Its identity stays too: a run's lock on the state,
and the index that lets only one run execute on a state, apply to both names.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from runner import failpoint
from runner.model.approval.guardrails import SeenState
from runner.model.run.life import Event
from runner.model.stack.definition import Discovered
from runner.model.values.problem import Problem
from runner.ports.records.joined import StackUseReader
from runner.ports.records.store import Writer
from runner.service.approval.bind import known_state
from runner.service.approval.declare import declare
from runner.service.discovery.discover import Discovery


def put_off(reader: StackUseReader, found: Discovery) -> Discovery:
    """Stacks whose predecessor is being worked on, or locked, wait for the next poll."""
    answers = {
        stack.definition.name: why
        for stack in found.stacks
        if (why := _in_the_way(reader, stack.definition.name, found.takes)) is not None
    }
    if not answers:
        return found
    waiting = [stack for stack in found.stacks if stack.definition.name in answers]
    return replace(
        found,
        stacks=tuple(stack for stack in found.stacks if stack.definition.name not in answers),
        problems=(*found.problems, *(_problem(stack, answers[stack.definition.name]) for stack in waiting)),
        complete=False,
    )


def _in_the_way(reader: StackUseReader, new: str, takes: Mapping[str, str]) -> str | None:
    if new not in takes:
        return None
    for name in (takes[new], new):
        lock = reader.lock(name)
        if lock is not None:
            return (
                f'it replaces "{takes[new]}" once the lock on {name} is released '
                f"({lock.holder}: {lock.reason})"
            )
        busy = next((run for run in reader.open_runs(name) if run.claim is not None), None)
        if busy is not None:
            return f'it replaces "{takes[new]}" once {busy.name} of {name} has ended'
    return None


def _problem(stack: Discovered, why: str) -> Problem:
    name = stack.definition.name
    return Problem(stack.file, 1, 1, f'stack "{name}": {why}', stack=name)


def take_over(writer: Writer, old: str, stack: Discovered, now: datetime, *, by: str) -> None:
    """Make the stack the successor of the old one, which nothing works on."""
    new = stack.definition.name
    for name in (old, new):
        for run in writer.open_runs(name):
            writer.transition(run, Event.SUPERSEDE, by=by, reason=f"{old} was renamed to {new}")
    seen, review = known_state(writer, old), writer.review(old)
    writer.save_discovered(stack)
    declare(writer, stack)
    writer.take_over(old, new, by=by)
    if seen is not None:
        writer.save_seen_state(new, seen)
        # The next stack with the old name starts empty.
        writer.save_seen_state(old, SeenState("", None, 0, now))
    if review is not None:
        writer.save_review(replace(review, stack=new))
        writer.forget_review(old)
    failpoint.reach("rename.before_commit")
