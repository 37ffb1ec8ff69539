"""Take in changes of the cloud as they are reported: each once, and what a stack manages makes its check due."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from runner import failpoint
from runner.errors import DriftlineError
from runner.host.log import log
from runner.model.cloud_events.due import due_at, why
from runner.model.cloud_events.message import Poison, read_message
from runner.model.cloud_events.queue import Message, QueueState
from runner.model.cloud_events.touched import Taken, names_of, taken
from runner.model.run.life import Kind
from runner.model.settings.server import Settings
from runner.model.suspects.event import TrailEvent
from runner.model.suspects.own import SLACK, own_run
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.cloud_events import ChangeQueue
from runner.ports.records.runs import RunFilter
from runner.ports.records.store import Reader, Store, Writer
from runner.service.drift.own_runs import own_runs

LATEST_CHECKS = 3


@dataclass(frozen=True)
class Listener:
    """`extending` keeps messages out of sight of others for as long as they are worked on."""

    store: Store
    clock: Clock
    settings: Settings
    queue: ChangeQueue
    extending: Callable[[Sequence[Message]], AbstractContextManager[None]]

    def take_some(self) -> int:
        """One batch; how many messages it had. Errors of AWS are raised, and every message of it comes again."""
        messages = self.queue.receive()
        if not messages:
            self._note_well(received=False)
            return 0
        with self.extending(messages):
            events, poison = _read(messages)
            self._record(events)
            failpoint.reach("events.after_commit")
            self._bury(poison)
            self.queue.delete(messages)
        self._note_well(received=True)
        return len(messages)

    def note_failure(self, error: DriftlineError) -> bool:
        """Whether it is news: from now on, the schedule alone finds drift there."""
        url = self.queue.address.url
        known = self._known()
        if known is not None and known.problem == error.message:
            return False
        since = self.clock.now() if known is None or not known.problem else known.since
        received = None if known is None else known.received_at
        with self.store.writing() as writer:
            writer.save_queue_state(QueueState(url, since, error.message, error.hint or "", received))
        return True

    def _record(self, events: Sequence[TrailEvent]) -> None:
        """In one transaction: after a crash they come again, and those that are on record change nothing."""
        if not events:
            return
        with self.store.reading() as reader:
            news = [one for one in events if not reader.knows_cloud_event(one.id)]
        if not news:
            return
        with self.store.writing() as writer:
            for event in sorted(news, key=lambda one: one.at):
                found = _taken(writer, self.settings, event)
                if writer.add_cloud_event(found):
                    for stack in sorted(found.stacks):
                        _want(writer, stack, event, self.clock)
            failpoint.reach("events.before_commit")

    def _bury(self, poison: Sequence[tuple[Message, Poison]]) -> None:
        for message, one in poison:
            buried = self.queue.bury(message, one.reason)
            log.warning(
                "event.poison",
                queue=str(self.queue.address),
                message=message.id,
                reason=one.reason,
                kept=buried,
            )

    def _known(self) -> QueueState | None:
        with self.store.reading() as reader:
            states = reader.queue_states()
        return next((one for one in states if one.url == self.queue.address.url), None)

    def _note_well(self, *, received: bool) -> None:
        """Written only where it says something new: an empty queue is asked every 20 seconds."""
        known, now = self._known(), self.clock.now()
        if known is not None and not known.problem and not received:
            return
        if known is None or known.problem:
            if known is not None:
                log.info("events.again", queue=str(self.queue.address))
            known = QueueState(self.queue.address.url, now, received_at=known.received_at if known else None)
        with self.store.writing() as writer:
            writer.save_queue_state(replace(known, received_at=now) if received else known)


def _read(messages: Sequence[Message]) -> tuple[list[TrailEvent], list[tuple[Message, Poison]]]:
    events: list[TrailEvent] = []
    poison: list[tuple[Message, Poison]] = []
    for message in messages:
        try:
            found = read_message(message.body)
        except Exception as bug:  # noqa: BLE001 - whoever sends to the queue controls our parser's input
            found = Poison(f"it cannot be interpreted ({type(bug).__name__})")
        if isinstance(found, Poison):
            poison.append((message, found))
        elif found is not None:
            events.append(found)
    return events, poison


def _taken(reader: Reader, settings: Settings, event: TrailEvent) -> Taken:
    own = _is_own(reader, settings, event)
    return taken(event, () if own else reader.objects_called(names_of(event)), own=own)


def _is_own(reader: Reader, settings: Settings, event: TrailEvent) -> bool:
    if event.actor.run is None:
        return False
    return own_run(event, own_runs(reader, settings, event.at - SLACK, event.at + SLACK)) is not None


def _want(writer: Writer, stack: str, event: TrailEvent, clock: Clock) -> None:
    known = writer.stack(stack)
    if known.missing_since is not None or known.applied_revision is None:
        return
    where = RunFilter(stack=stack, kind=Kind.DRIFT, limit=LATEST_CHECKS)
    due = due_at(event, writer.runs(where), known.check_wanted_at, clock.now())
    if due is not None:
        writer.want_check(stack, due, why(event))
