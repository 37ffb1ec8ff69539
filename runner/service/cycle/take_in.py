"""Record what a poll found in Git: which stacks are new, changed, gone or broken."""

from datetime import datetime

from runner.model.audit.actor import DAEMON
from runner.model.code.known_inputs import moved as inputs_moved
from runner.model.settings.server import DriftSettings
from runner.model.stack.definition import Discovered, Stack, Sync
from runner.model.values.codec import to_plain
from runner.ports.records.store import Writer
from runner.service.approval.declare import declare
from runner.service.cycle.left_git import judge_others, mark_missing, present
from runner.service.cycle.succession import take_over
from runner.service.discovery.discover import Discovery
from runner.service.queue.next_check import next_check
from runner.service.queue.supersede import supersede_waiting


def take_in(
    writer: Writer,
    source: str,
    found: Discovery,
    *,
    drift: DriftSettings,
    now: datetime,
    by: str,
) -> frozenset[str]:
    """Record what one revision declares: new stacks, changed ones, those that left, and those that are broken.

    Returns those whose inputs it changed, or brought.
    """
    before = {stack.name: stack for stack in writer.stacks() if stack.source == source}
    broken = {problem.stack: str(problem) for problem in found.problems if problem.stack is not None}
    kept = {stack.definition.name for stack in found.stacks} | broken.keys()
    gone = [old for old in present(before.values(), source) if old.name not in kept]
    mark_missing(writer, gone)
    if gone or any(_is_new(before.get(stack.definition.name), stack) for stack in found.stacks):
        judge_others(writer, source, [old for old in gone if old.name not in found.takes.values()])
    for stack in found.stacks:
        name = stack.definition.name
        if name in found.takes:
            take_over(writer, found.takes[name], stack, now, by=by)
        _take_in(writer, before.get(name), stack, drift, now, by)
    for name, problem in broken.items():
        if name in before:
            writer.mark_problem(name, problem)
        if name in found.asked:
            supersede_waiting(writer, name, by=by, reason="a person must decide whether it is a new stack")
    for name, why in found.no_engine.items():
        # Not of stacks that left, or that only pull requests declare.
        if name in before and before[name].no_engine != why:
            writer.mark_no_engine(name, why)
    return frozenset(
        stack.definition.name for stack in found.stacks if _brought(before.get(stack.definition.name), stack)
    )


def _take_in(
    writer: Writer, old: Stack | None, stack: Discovered, drift: DriftSettings, now: datetime, by: str
) -> None:
    """Take in one stack's current declaration; `old` is its previous record."""
    name = stack.definition.name
    if old is None or _moved(old, stack):
        writer.save_discovered(stack)
        declare(writer, stack)
    if old is None or old.definition.drift.schedule != stack.definition.drift.schedule:
        writer.schedule_check(name, next_check(writer.stack(name), drift, now))
    if old is None:
        return
    if old.inputs == stack.inputs_as_watched != stack.inputs:
        writer.rename_inputs(name, old.inputs, stack.inputs)
    if inputs_moved(old.inputs, stack.inputs):
        supersede_waiting(writer, name, by=by, reason=_why_moved(old, stack))
    if old.definition.drift.ignore != stack.definition.drift.ignore:
        _judge_again(writer, old, stack, now)


def _why_moved(old: Stack, stack: Discovered) -> str:
    """Contexts and other settings of the server are inputs too, and change without a commit."""
    if old.revision == stack.revision:
        return f"its inputs changed without a commit, at {stack.revision[:12]}"
    return f"{stack.source} moved to {stack.revision[:12]}"


def _brought(old: Stack | None, new: Discovered) -> bool:
    """Whether this revision changed its inputs; other globs in `watch` alone change only their digest."""
    if old is None or old.missing_since is not None:
        return True
    return inputs_moved(old.inputs, new.inputs) and old.inputs != new.inputs_as_watched


def _is_new(old: Stack | None, new: Discovered) -> bool:
    """Whether its name or its state is new to the other sources."""
    return old is None or old.missing_since is not None or old.identity != new.identity


def _moved(old: Stack, new: Discovered) -> bool:
    return (
        old.inputs != new.inputs
        or old.unknown_inputs != new.unknown_inputs
        or old.remote_reads != new.remote_reads
        or old.wants != new.wants
        or old.definition != new.definition
        or old.problem is not None
        or old.missing_since is not None
        or (old.home, old.content) != (new.home, new.content)
        # An applied stack keeps its revision; any other follows the head, which may have fixed the cause.
        or (old.revision != new.revision and old.sync is not Sync.SYNCED)
    )


def _judge_again(writer: Writer, old: Stack, new: Discovered, now: datetime) -> None:
    """Other drift counts from now on. Nobody approves that, so the audit log records who wrote it, and a
    check shows it.
    """
    rules = {"from": old.definition.drift.ignore, "to": new.definition.drift.ignore}
    detail = {name: [to_plain(rule) for rule in said] for name, said in rules.items()}
    writer.audit_note(DAEMON, "stack.drift_rules", old.name, {"revision": new.revision, **detail})
    if old.applied_revision is not None:
        writer.schedule_check(old.name, now)
