"""Stacks that left Git: shown as missing, and the other sources are judged anew without them."""

from collections.abc import Iterable
from dataclasses import replace

from runner.model.audit.actor import DAEMON
from runner.model.code.succession import alike
from runner.model.code.succession import question as asked_of
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.ports.records.joined import StackRunWriter
from runner.ports.records.store import Store, Writer
from runner.service.queue.supersede import supersede_waiting


def retire_sources(store: Store, settings: Settings) -> None:
    """Stacks of a source that was removed from the configuration are shown as missing, like any other."""
    named = {source.name for source in settings.sources}
    with store.reading() as reader:
        gone = {stack.source for stack in reader.stacks() if stack.missing_since is None} - named
    if gone:
        with store.writing() as writer:
            for source in sorted(gone):
                mark_missing(writer, present(writer.stacks(), source))
                writer.save_source(replace(writer.source(source), discovered_with=None))
                judge_others(writer, source)


def mark_missing(writer: StackRunWriter, gone: Iterable[Stack]) -> None:
    """A stack that left Git is kept and shown as missing: absence never leads to a destroy."""
    for stack in gone:
        writer.mark_missing(stack.name)
        supersede_waiting(writer, stack.name, by=DAEMON, reason="the stack is no longer in Git")


def present(stacks: Iterable[Stack], source: str) -> list[Stack]:
    return [stack for stack in stacks if stack.source == source and stack.missing_since is None]


def judge_others(writer: Writer, source: str, gone: Iterable[Stack] = ()) -> None:
    """Let sources whose stacks this source may have blocked be judged again at their next poll.

    A state that was left behind may belong to a stack that came to them earlier.
    """
    left = [stack for stack in gone if stack.managed_state and stack.pinned_identity]
    for new, old in alike(left, [stack for stack in writer.stacks() if stack.source != source]):
        # At once: before that poll it could be planned, and perhaps even applied.
        writer.mark_problem(new.name, f'stack "{new.name}": {asked_of(old.name, new.name)}')
        supersede_waiting(
            writer, new.name, by=DAEMON, reason="a person must decide whether it is a new stack"
        )
    for other in writer.sources():
        if other.name != source and (other.problems or left):
            writer.save_source(replace(other, discovered_with=None))
