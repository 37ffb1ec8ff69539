"""Stop a run that a person no longer wants."""

from runner.errors import WrongState
from runner.model.approval.approval import Person
from runner.model.run.life import Event, Run, State
from runner.model.stack.lock import Leftover
from runner.ports.control import ControlPorts
from runner.ports.keeping import Claims
from runner.ports.records.store import Store


def cancel(control: ControlPorts, run_id: int, person: Person, *, force: bool = False) -> Run:
    """A waiting run ends at once; an executing one is asked to stop, an apply only with `force`.

    Stopping an apply leaves its run `interrupted` and its stack locked: objects may exist that are not in the
    state. With `force`, processes left behind by an ended run are killed too.
    """
    with control.store.reading() as reader:
        over = reader.run(run_id).final
    # An apply that still runs is asked to stop, even without a daemon supervising it.
    ended = end_leftovers(control, run_id, person) if force and over else 0
    with control.store.writing() as writer:
        run = writer.run(run_id)
        if run.final and ended:
            return run
        if run.final or (run.state is State.APPLYING and not force):
            raise WrongState(
                run=run.name,
                state=run.state,
                wish="canceled"
                + (
                    ""
                    if run.final
                    else " without --force, because that may leave infrastructure half changed"
                ),
            )
        if run.claim is not None:
            return writer.request_cancel(run, by=person.name)
        return writer.transition(run, Event.CANCEL, by=person.name, reason="canceled by hand")


def left_running(claims: Claims, store: Store) -> list[Leftover]:
    """What ended runs have left running. An apply without a supervisor does not count: it goes on."""
    found = claims.leftovers()
    if not found:
        return []
    with store.reading() as reader:
        going_on = {run.name for run in reader.open_runs()}
    return [one for one in found if one.run not in going_on]


def end_leftovers(control: ControlPorts, run_id: int, person: Person) -> int:
    """Kill the processes left by an ended run; returns how many."""
    left = [one for one in left_running(control.claims, control.store) if one.run == f"run-{run_id}"]
    if not left:
        return 0
    with control.store.writing() as writer:
        pids = [pid for one in left for pid in one.pids]
        writer.audit_note(person.name, "run.end_leftovers", f"run-{run_id}", {"pids": pids})
    return sum(control.claims.end_leftover(one) for one in left)
