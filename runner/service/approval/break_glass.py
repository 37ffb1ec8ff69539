"""Apply outside the windows: an owner's word, for one run, once."""

from typing import TYPE_CHECKING

from runner.errors import NotAllowed, WrongState
from runner.model.approval.approval import Person
from runner.model.approval.people import names_of
from runner.model.run.life import BreakGlass, Run, State
from runner.model.settings.server import ApprovalSettings
from runner.model.window.closed import Closed
from runner.service.approval.refusal import note_refusal
from runner.service.approval.windows import kept_closed

if TYPE_CHECKING:
    from runner.ports.control import ControlPorts


def break_glass(control: "ControlPorts", run_id: int, person: Person, reason: str) -> Closed | None:
    """Open the windows for an approved run; it replaces no approval. Returns what was closed: None if nothing was,
    and then nothing is recorded. A refusal is recorded.
    """
    try:
        with control.store.writing() as writer:
            run = writer.run(run_id)
            _refuse(control.settings.approvals, run, person)
            closed = kept_closed(control.settings, control.clock, writer, run)
            if closed is not None:
                glass = BreakGlass(person.name, person.known_by, control.clock.now(), reason)
                writer.break_glass(run, glass, str(closed))
            return closed
    except NotAllowed as refused:
        note_refusal(control, person, "apply.refuse_break_glass", run_id, refused, reason=reason)
        raise


def _refuse(settings: ApprovalSettings, run: Run, person: Person) -> None:
    wish = f"apply {run.name} outside its windows"
    if not settings.owners:
        why = "approvals.owners names nobody"
        hint = f"approvals: {{owners: [{person.name}]}}   in the server's configuration; see   driftline config show"
        raise NotAllowed(who=person.name, wish=wish, reason=why, run=run.name, hint=hint)
    mine = names_of(person, settings.people)
    if not any(names_of(owner, settings.people) & mine for owner in settings.owners):
        why = f"only {', '.join(settings.owners)} may (approvals.owners)"
        raise NotAllowed(who=person.name, wish=wish, reason=why, run=run.name)
    if run.state is not State.APPROVED:
        raise WrongState(run=run.name, state=run.state, wish="applied outside its windows")
