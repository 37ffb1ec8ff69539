"""One run: what it would do or did, and the yes or no to it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from runner.api.approvals import approve_run, reject_run, show_question
from runner.api.caller import Caller
from runner.api.resolutions import resolve_run
from runner.api.runs import cancel_run, show_run
from runner.model.access.role import Role
from runner.model.run.life import State
from runner.service.approval.question import Seen
from runner.view.approved import Approved
from runner.view.evidence import evidence_facts
from runner.view.lease import lease_sentence
from runner.view.run import RunRow
from runner.view.words import counted
from runner.web.api.numbers import run_number, run_path
from runner.web.dashboard import plan
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.dashboard.log import log_of
from runner.web.dashboard.timeline import timeline
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)

# While it is written, and where it says what went wrong.
LOG_MATTERS = frozenset(
    {
        State.QUEUED,
        State.PLANNING,
        State.APPLYING,
        State.PLAN_FAILED,
        State.APPLY_FAILED,
        State.INTERRUPTED,
    }
)
MANY = 300  # attributes, of which a plan is shown without them


@router.get("/runs/{run}")
def run(
    request: Request, run: str, caller: Annotated[Caller, Depends(page_caller)], *, full: bool = False
) -> HTMLResponse:
    page = show_run(caller, run_number(run))
    waits = page.state in {State.AWAITING_APPROVAL, State.PLANNED}
    parts = tuple(plan.parts(page.changes, full=full)) if page.changes else ()
    return html(
        request,
        "run.html",
        caller,
        page=page,
        question=show_question(caller, run_number(run)) if waits else None,
        may_approve=caller.access.allows(Role.APPROVER, page.stack),
        may_resolve=page.state is State.INTERRUPTED and caller.access.allows(Role.OWNER, page.stack),
        may_cancel=not page.final and caller.access.allows(Role.OPERATOR, page.stack),
        moments=timeline(page),
        parts=parts,
        opened=sum(len(one.attributes) for one in page.changes.resources) <= MANY if page.changes else True,
        outputs=plan.outputs(page.changes, full=full) if page.changes else (),
        apply_only=plan.only_by_apply(page.changes) if page.changes else (),
        planned_again=tuple(plan.parts(page.planned_again, full=full)) if page.planned_again else (),
        evidence=tuple(evidence_facts(page.evidence)) if page.evidence else (),
        log=log_of(caller, run_number(run)) if page.state in LOG_MATTERS else None,
        full=full,
        lease=lease_sentence,
    )


@router.post("/runs/{run}/approve")
def approve(
    request: Request,
    run: str,
    caller: Annotated[Caller, Depends(page_caller)],
    digest: Annotated[str, Form()],
    plan_digest: Annotated[str, Form()] = "",
    binding_digest: Annotated[str, Form()] = "",
    fingerprint: Annotated[str, Form()] = "",
    changes: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    confirm: Annotated[str, Form()] = "",
    accepted: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """The form has what was shown: the yes holds for that plan and for no other."""
    seen = Seen(plan_digest or None, binding_digest or None, fingerprint or None, changes)
    return done(
        request,
        run_path(run),
        lambda: approve_run(
            caller,
            run_number(run),
            digest=digest,
            seen=seen,
            comment=comment,
            confirm=confirm.strip() or None,
            accepted=accepted,
        ),
        _approved,
    )


def _approved(of: Approved) -> str:
    said = f"You approved {of.run.id} ({of.approvals})."
    if of.run.state is State.PLANNED:
        return f"{said} The review counts for the plan of the merge if that does the same (apply.on_merge)."
    if not of.complete:
        return f"{said} It needs {counted(of.missing, 'more approval')}."
    if of.waits:
        return f"{said} It will be applied later: {of.waits}."
    if of.daemon:
        return f"{said} The daemon is applying it."
    return f"{said} No daemon is running: the next   driftline daemon --once   on the host applies it."


@router.post("/runs/{run}/reject")
def reject(
    request: Request,
    run: str,
    caller: Annotated[Caller, Depends(page_caller)],
    reason: Annotated[str, Form()],
    seen: Annotated[State, Form()] = State.AWAITING_APPROVAL,
) -> Response:
    return done(
        request,
        run_path(run),
        lambda: reject_run(caller, run_number(run), reason=reason, seen=seen),
        lambda rejected: f"You rejected {rejected.run.id}.",
    )


@router.post("/runs/{run}/cancel")
def cancel(request: Request, run: str, caller: Annotated[Caller, Depends(page_caller)]) -> Response:
    return done(request, run_path(run), lambda: cancel_run(caller, run_number(run)), _canceled)


def _canceled(run: RunRow) -> str:
    return f"{run.id} is canceled." if run.state is State.CANCELED else f"{run.id} was asked to stop."


@router.post("/runs/{run}/resolve")
def resolve(
    request: Request,
    run: str,
    caller: Annotated[Caller, Depends(page_caller)],
    outcome: Annotated[Literal["applied", "failed"], Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """How an interrupted apply ended, in the word of a person who has looked."""
    return done(
        request,
        run_path(run),
        lambda: resolve_run(caller, run_number(run), outcome=outcome, reason=reason),
        lambda resolved: f"You recorded that {resolved.run.id} {outcome}. Its stack is unlocked.",
    )
