"""Plans and checks that a person asks for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.errors import (
    Blocked,
    DependencyMissing,
    NewestRefused,
    OutputMissing,
    OutputUnknown,
    RevisionNotFound,
    StackLocked,
    StackPaused,
)
from runner.model.approval.approval import Commit, Person
from runner.model.approval.signature import signed
from runner.model.run.busy import refuse_executing
from runner.model.run.life import Event, Kind, Run, Trigger
from runner.model.schedule.rule import pause_sentence
from runner.model.schedule.view import View
from runner.model.stack.definition import Discovered, Stack, StackDefinition
from runner.model.stack.unread import unread
from runner.ports.control import ControlPorts
from runner.ports.records.outputs import OutputReader
from runner.ports.records.runs import RunWriter
from runner.ports.records.sources import SourceReader
from runner.ports.records.stacks import StackReader
from runner.service.queue.enqueue import add_change, add_check, hasten, queue
from runner.service.queue.outputs import outputs_of
from runner.service.queue.views import view, views

if TYPE_CHECKING:
    from runner.model.promotion.advance import Advance
    from runner.service.discovery.discover import Discoverer


def request_plan(
    control: ControlPorts,
    discoverer: "Discoverer",
    stack: str,
    person: Person,
    *,
    ref: str | None = None,
    targets: Sequence[str] = (),
    destroy: bool = False,
    ignore_dependencies: bool = False,
    advance: "Advance | None" = None,
) -> Run:
    """Queue a plan now. It supersedes a waiting run of the stack; an executing one blocks it.

    DependencyMissing if it depends on a stack that was never applied, unless that is ignored. OutputUnknown or
    OutputMissing if it takes an output that has no value. PromotionWaits if it waits for another stage of its
    promotion, unless a person advances it.
    """
    from runner.service.operator.promote import promote, promoted_at

    asked = _discover_at(control, discoverer, stack, ref) if ref else None
    asked_of = asked and promoted_at(control, discoverer.git, stack, asked[0].revision)
    kind = Kind.DESTROY if destroy else Kind.CHANGE
    with control.store.writing() as writer:
        promotions = control.settings.promotion
        facts = view(writer, control.clock, stack, promotions=promotions)
        _refuse(facts)
        if asked is None:
            _refuse_outdated(control, writer, facts.stack, destroy=destroy)
        definition = asked[0].definition if asked else facts.stack.definition
        if not destroy and not ignore_dependencies:
            _refuse_unprovided(writer, definition)
        _refuse_without_outputs(writer, facts.stack, definition)
        reason = "" if destroy else promote(writer, control, facts, asked_of, advance, person)
        _supersede_waiting(writer, facts.open_runs, person)
        if asked is not None:
            at, commit = asked
            writer.save_commit(at.source, commit)
            return queue(
                writer,
                at,
                trigger=Trigger.MANUAL,
                by=person.name,
                kind=kind,
                targets=tuple(targets),
                reason="; ".join(filter(None, (f"requested at {at.revision[:12]}", reason))),
            )
        gone = facts.stack.missing_since is not None
        at_last = facts.stack.as_applied if gone else facts.stack
        return add_change(
            writer,
            at_last,
            trigger=Trigger.MANUAL,
            by=person.name,
            kind=kind,
            targets=tuple(targets),
            reason=reason,
        )


def _refuse_unprovided(reader: StackReader, definition: StackDefinition) -> None:
    """A plan made before its data sources exist fails, or uses made-up values."""
    from runner.model.code.dependencies import never_applied

    missing = never_applied(definition.dependencies, {stack.name: stack for stack in reader.stacks()})
    if missing:
        raise DependencyMissing(stack=definition.name, dependency=missing[0])


def _refuse_without_outputs(reader: OutputReader, stack: Stack, definition: StackDefinition) -> None:
    """Its variables would have no values, so it cannot be planned at all."""
    known = outputs_of(reader, stack, definition).known
    for one in definition.takes:
        of = known.get(one.stack)
        if of is None or not of.found:
            raise OutputUnknown(stack=stack.name, output=one.output, upstream=one.stack)
        if one.output not in of.digests:
            raise OutputMissing(stack=stack.name, output=one.output, upstream=one.stack)


def _refuse(facts: View) -> None:
    stack = facts.stack
    if facts.lock is not None:
        lock = facts.lock
        raise StackLocked(stack=stack.name, holder=lock.holder, reason=lock.reason, hint=lock.way_out)
    # Settings in a file that left Git could never be changed again.
    if facts.paused and (stack.missing_since is None or stack.pause is not None):
        by, reason = (
            (stack.pause.by, stack.pause.reason) if stack.pause else ("Git", "paused: true in its stack file")
        )
        raise StackPaused(stack=stack.name, by=by, reason=reason)
    refuse_executing(facts.open_runs, checks=False)


def _refuse_outdated(control: ControlPorts, reader: SourceReader, stack: Stack, *, destroy: bool) -> None:
    """Without a requested revision, the recorded one is planned: it has to be the newest in Git."""
    if stack.missing_since is not None:
        _refuse_gone(control, stack, destroy=destroy)
    else:
        refuse_unread(reader, stack)


def _supersede_waiting(writer: RunWriter, runs: Sequence[Run], person: Person) -> None:
    for run in runs:
        if not run.kind.only_reads:
            writer.transition(run, Event.SUPERSEDE, by=person.name, reason="planned again on request")


def _refuse_gone(control: ControlPorts, stack: Stack, *, destroy: bool) -> None:
    """A stack that left Git can only be destroyed, at the last applied revision."""
    if stack.left is not None:
        raise Blocked(f'stack "{stack.name}" is {stack.left}', hint=f"driftline stack history {stack.name}")
    if not destroy:
        raise Blocked(
            f'stack "{stack.name}" is no longer in Git; specify an older revision to plan it',
            hint=f"driftline plan {stack.name} --ref {stack.revision[:12]}   or driftline plan {stack.name} --destroy",
        )
    if stack.applied_revision is None:
        raise Blocked(
            f'stack "{stack.name}" is no longer in Git and was never applied',
            hint=f"driftline stack forget {stack.name}",
        )
    control.settings.required_source(stack.source)


def refuse_unread(reader: SourceReader, stack: Stack) -> None:
    """A person who asks for what was just pushed must not get the revision before it."""
    newest = unread(stack, reader.source(stack.source))
    if newest is not None:
        raise NewestRefused(
            stack=stack.name,
            revision=newest.revision[:12],
            source=stack.source,
            problem=newest.problem,
            older=stack.revision[:12],
        )


def _discover_at(
    control: ControlPorts, discoverer: "Discoverer", name: str, ref: str
) -> tuple[Discovered, Commit]:
    """The stack at another revision of its branch, and that revision."""
    from runner.service.operator.accept_state import refuse_moved_state

    with control.store.reading() as reader:
        stack = reader.stack(name)
        taken = reader.source(stack.source).head
    source = control.settings.required_source(stack.source)
    revision = discoverer.git.resolve(source, ref)
    # The branch in the mirror may be ahead of the accepted head, by untrusted commits.
    signatures = discoverer.git.verify(source, taken, revision)
    # Only the place of its state counts.
    known = [replace(stack, pinned_identity=None)]
    found = discoverer.discover(source, revision, known)
    for discovered in found.stacks:
        if discovered.definition.name == name:
            refuse_moved_state(stack, discovered)
            return discovered, signed(discoverer.git.commit(source, revision), signatures)
    problem = next((str(p) for p in found.problems if p.stack == name), f'it does not contain stack "{name}"')
    raise RevisionNotFound(f"revision {revision[:12]}: {problem}", hint=f"driftline stack history {name}")


def request_check(
    control: ControlPorts, names: Sequence[str], person: Person, *, full: bool = False
) -> tuple[list[Run], dict[str, str]]:
    """Queue a drift check of each stack; returns those that cannot be checked, with the reason.

    An open check also serves the new request; one that has begun is not made `full`.
    """
    runs: list[Run] = []
    skipped: dict[str, str] = {}
    with control.store.writing() as writer:
        known = {facts.stack.name: facts for facts in views(writer, control.clock, left=True)}
        for name in names:
            if name not in known:
                writer.stack(name)  # raises with the reason
            facts = known[name]
            if facts.stack.left is not None:
                skipped[name] = f"it is {facts.stack.left}"
            elif facts.open_check is not None:
                runs.append(hasten(writer, facts.open_check, by=person.name))
            elif facts.stack.applied_revision is None:
                skipped[name] = "nothing has been applied yet"
            elif facts.paused:
                skipped[name] = pause_sentence(facts)
            else:
                runs.append(add_check(writer, facts.stack, trigger=Trigger.MANUAL, by=person.name))
        for run in runs if full else ():
            writer.ask_for_full_plan(run.id)
    return runs, skipped
