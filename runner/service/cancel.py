"""Stop a run that a person no longer wants."""

from runner.errors import WrongState
from runner.model.approval import Person
from runner.model.run import Event, Run, State
from runner.ports import ControlPorts


def cancel(control: ControlPorts, run_id: int, person: Person, *, force: bool = False) -> Run:
    """A run that waits ends at once; one that is executed is asked to stop, an apply only with `force`.

    Stopping an apply leaves its run `interrupted` and its stack locked: what terraform had begun may exist
    without being in the state.
    """
    with control.store.writing() as writer:
        run = writer.run(run_id)
        if run.final or (run.state is State.APPLYING and not force):
            raise WrongState(
                run=run.name,
                state=run.state,
                wish="canceled"
                + ("" if run.final else " without --force, since that may leave things half done"),
            )
        if run.claim is not None:
            return writer.request_cancel(run, by=person.name)
        return writer.transition(run, Event.CANCEL, by=person.name, reason="canceled by hand")
