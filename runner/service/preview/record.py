"""Record a look at a pull request: its previews are queued, kept or superseded in the transaction that saves it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.preview.pull_request import PreviewedStack, PullRequest, PullState
from runner.model.run.life import Event, Kind, State, Trigger
from runner.model.stack.definition import Discovered
from runner.ports.records.runs import RunWriter
from runner.ports.records.store import Store, Writer
from runner.service.queue.enqueue import queue

# A preview that ended so has nothing to show.
_WITHOUT_RESULT = frozenset({State.CANCELED, State.SUPERSEDED})


def record(store: Store, pull: PullRequest, touched: Sequence[Discovered] = ()) -> PullRequest:
    """A preview of the same inputs and of the same request stays, so that a base that moved elsewhere plans nothing again.

    A request that changes other files than before is another one: those that no plan depends on are reviewed with it.
    """
    with store.writing() as writer:
        before = writer.pull_request(pull.source, pull.number)
        old = {one.stack: one for one in before.stacks} if before is not None else {}
        same = old if before is not None and before.changes == pull.changes else {}
        stacks = {one.definition.name: one for one in touched}
        saved = replace(
            pull,
            allowed_head=before.allowed_head if before is not None else "",
            allowed_by=before.allowed_by if before is not None else "",
            stacks=tuple(_previewed(writer, pull, one, same.get(one.stack), stacks) for one in pull.stacks),
        )
        kept = {one.run for one in saved.stacks} if saved.state is PullState.OPEN else set()
        _supersede(writer, (one.run for one in old.values() if one.run not in kept), pull)
        writer.save_pull_request(saved)
        failpoint.reach("look.before_commit")
    return saved


def _previewed(
    writer: Writer,
    pull: PullRequest,
    now: PreviewedStack,
    before: PreviewedStack | None,
    stacks: dict[str, Discovered],
) -> PreviewedStack:
    if before is not None and now.as_before(before) and _has_result(writer, before.run):
        return before
    if now.stack not in stacks:
        return now
    writer.save_newcomer(stacks[now.stack])
    run = queue(
        writer,
        stacks[now.stack],
        trigger=Trigger.PUSH,
        by=DAEMON,
        kind=Kind.PREVIEW,
        reason=f"pull request {pull.name}",
    )
    return replace(now, run=run.id)


def _has_result(reader: RunWriter, run: int | None) -> bool:
    return run is not None and reader.run(run).state not in _WITHOUT_RESULT


def _supersede(writer: RunWriter, runs: Iterable[int | None], pull: PullRequest) -> None:
    """An executing preview is asked to stop: it may hang, and hold up the one that comes after it."""
    did = "moved on" if pull.state is PullState.OPEN else "ended"
    for number in runs:
        if number is None:
            continue
        run = writer.run(number)
        if run.state is State.QUEUED and run.claim is None:
            writer.transition(run, Event.SUPERSEDE, by=DAEMON, reason=f"pull request {pull.name} {did}")
        elif run.claim is not None and run.cancel_requested_by is None:
            writer.request_cancel(run, by=DAEMON)
