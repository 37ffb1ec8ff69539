"""Put right what a process left behind when it died. May be run at any time, by any process, again and again."""

from runner.model.run import Event, Run, State
from runner.ports import ControlPorts, Writer
from runner.service.apply import half_done
from runner.service.enqueue import DAEMON


def recover(control: ControlPorts) -> list[Run]:
    """Every run whose executing process is gone: planned again, applied again only if it never began.

    A claim is alive as long as its process or any descendant lives, so an apply that outlived the daemon
    is waited for; a plan that did is ended.
    """
    with control.store.reading() as reader:
        claimed = [run for run in reader.open_runs() if run.claim is not None]
    for run in claimed:
        # A plan that lost its process has no deadline any more, nobody reads it, and it changes nothing.
        if run.state is State.PLANNING and run.claim is not None:
            control.claims.end_orphans(run.claim)
    dead = [run for run in claimed if run.claim is not None and not control.claims.alive(run.claim)]
    if not dead:
        return []
    with control.store.writing() as writer:
        return [
            _put_right(control, writer, fresh)
            for run in dead
            if (fresh := writer.run(run.id)).claim == run.claim
        ]


def _put_right(control: ControlPorts, writer: Writer, run: Run) -> Run:
    if run.state is State.PLANNING and run.cancel_requested_by is not None:
        return writer.transition(run, Event.CANCEL, by=run.cancel_requested_by, reason="stopped on request")
    if run.state is State.PLANNING:
        return writer.transition(run, Event.REQUEUE, by=DAEMON, reason="the process that planned it is gone")
    if run.state is State.APPLYING:
        reason = "the process that applied it is gone, and how terraform ended is not known"
        return half_done(control, writer, run, Event.INTERRUPT, reason)
    return writer.release(run)
