"""Plan one stack at one revision, step by step."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from runner import failpoint
from runner.errors import DriftlineError
from runner.model.approval.binding import changed_inputs
from runner.model.changes.changes import ChangeSet, Diagnostic, error_summary
from runner.model.changes.warnings import kept
from runner.model.drift.taxonomy import absorbed
from runner.model.execution.job import Job, PlanFailure, PlanResult
from runner.model.execution.plan_report import Question, Report, report_of
from runner.model.plan.fingerprint import fingerprint
from runner.model.plan.step import Step
from runner.model.policy.result import NOT_JUDGED, Judged, scrubbed
from runner.model.run.life import Kind
from runner.model.secret.copies import SHORTEST_PART, Secrets
from runner.model.values.codec import to_plain
from runner.model.warm.probe import ProbeFacts
from runner.ports.basics import Cancel
from runner.ports.engine import EngineError, Execution, Planned
from runner.ports.keeping import HeldClaim
from runner.ports.worker import WorkerPorts
from runner.service.execution.execution import execution_of
from runner.service.execution.export import checked_out
from runner.service.execution.judge import judged
from runner.service.execution.known_secrets import Known, known, remember
from runner.service.execution.lost_state import refuse_lost_state
from runner.service.execution.named_files import marked_files
from runner.service.execution.objects import keep_objects
from runner.service.execution.outputs import keep_outputs, outputs_given
from runner.service.execution.probe import look
from runner.service.execution.run_log import write_line

APPROVABLE = "plan"  # the artifacts plan.tfplan and plan.json: what a person approves
FRESH = "fresh"  # the same, made again under the lock


@dataclass
class Planning:
    """One plan in progress: the results of each step for the next."""

    job: Job
    ports: WorkerPorts
    cancel: Cancel
    claim: HeldClaim | None = None
    keep_as: str = APPROVABLE
    execution: Execution = field(init=False)
    planned: Planned = field(init=False)
    probe: ProbeFacts | None = None
    judged: Judged = NOT_JUDGED  # with secrets in its messages
    result: PlanResult = field(init=False)


def _prepare(planning: Planning) -> None:
    """The tree of the revision, in a workspace, if nothing forbids using either."""
    job = planning.job
    locks = not job.kind.only_reads
    planning.execution = prepare(job, planning.ports, planning.cancel, planning.claim, lock=locks)


def init(planning: Planning) -> EngineError | None:
    """Providers, modules and backend, unless an earlier run left them."""
    return planning.ports.engine.init(planning.execution)


def plan(planning: Planning) -> EngineError | None:
    """Whether anything would change, by terraform or by a probe."""
    outcome, planning.probe = look(planning.job.probing, planning.ports.engine, planning.execution)
    if isinstance(outcome, EngineError):
        return outcome
    planning.planned = outcome
    return None


def show(planning: Planning) -> EngineError | None:
    """The full changes, including secrets, so they stay on this machine."""
    if planning.planned.show is None:
        return None
    types = None if planning.probe is None else planning.probe.record.types
    shown = planning.planned.show(types)
    if isinstance(shown, EngineError):
        return shown
    planning.planned = shown
    return None


def _policy(planning: Planning) -> PlanFailure | None:
    """What policies and checks say about the plan as it is; a drift check has none."""
    try:
        planning.judged = judged(planning.job, planning.ports, planning.planned, planning.execution)
    except OSError as error:
        reason = f"policies could not be evaluated: {error.strerror or error}"
        return PlanFailure((Diagnostic("error", reason),), reason)
    if planning.cancel.is_set():
        return PlanFailure((), "stopped on request", canceled=True)
    return None


def _judge(planning: Planning) -> EngineError | PlanFailure | None:
    """The masked meaning of the plan, and the artifacts for approval."""
    job, ports = planning.job, planning.ports
    read = _read(job, ports, planning.planned, planning.keep_as, planning.execution, planning.judged)
    if isinstance(read, PlanFailure):
        return read
    facts = planning.planned.facts
    outputs = keep_outputs(job, ports, planning.execution, facts.lineage, facts.serial)
    objects = keep_objects(job, ports, planning.execution, facts.lineage, facts.serial)
    planning.result = replace(read, outputs=outputs, objects=objects)
    return None


# In this order. The control plane adds `offer` if an approval is needed.
STEPS: tuple[tuple[str, Callable[[Planning], EngineError | PlanFailure | None]], ...] = (
    ("prepare", _prepare),
    ("init", init),
    ("plan", plan),
    ("show", show),
    ("policy", _policy),
    ("judge", _judge),
)


def execute_plan(
    job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim | None = None, *, keep_as: str = APPROVABLE
) -> PlanResult | PlanFailure:
    """Run the steps up to the first failure. Nothing is recorded here."""
    planning = Planning(job, ports, cancel, claim, keep_as)
    steps, failure = _walk(planning)
    if failure is not None:
        return replace(failure, steps=steps, probe=planning.probe)
    return replace(planning.result, steps=steps, probe=planning.probe)


def _walk(planning: Planning) -> tuple[tuple[Step, ...], PlanFailure | None]:
    """The completed steps, each under its own heading in the run's log, and why the last one failed."""
    done: list[Step] = []
    log = planning.ports.workspaces.log(planning.job.run)
    for name, step in STEPS:
        write_line(log, f"=== {name}")
        began = time.monotonic()
        try:
            failed = step(planning)
        except DriftlineError as error:
            failed = PlanFailure((Diagnostic("error", error.message, error.hint),), error.message)
        failure = failure_of(failed) if isinstance(failed, EngineError) else failed
        done.append(Step(name, round(time.monotonic() - began, 3), failed=failure is not None))
        if failure is not None:
            return tuple(done), failure
    return tuple(done), None


def prepare(
    job: Job,
    ports: WorkerPorts,
    cancel: Cancel,
    claim: HeldClaim | None,
    *,
    for_apply: bool = False,
    lock: bool = False,
) -> Execution:
    managed = job.stack.terraform_workspace if job.managed_state else None
    refuse_lost_state(ports.workspaces, job.stack.name, job.folder, managed)
    tree, workspace, found = checked_out(job, ports, claim)
    before = known(job, ports)
    outputs, hidden = outputs_given(job, ports)
    return replace(
        execution_of(job, ports, workspace, cancel, claim, for_apply=for_apply, inspected=found),
        targets=job.targets,
        destroy=job.kind is Kind.DESTROY,
        check=job.kind is Kind.DRIFT,
        asked_at=job.asked_at,
        folder=(tree / job.file).parent,
        lock=lock,
        secrets=before.texts,
        context_secrets=before.contexts,
        outputs=outputs,
        output_secrets=hidden,
        key=ports.secrets.fingerprint_key(),
    )


def failure_of(error: EngineError) -> PlanFailure:
    if error.canceled:
        return PlanFailure((), "stopped on request", canceled=True)
    if error.timed_out:
        command = "plan" if error.command == "probe" else error.command
        reason = f"terraform {command} was stopped at its deadline"
    elif error.signal is not None:
        reason = f"{error.command} was killed by signal {error.signal}"
    elif error.state_locked:
        reason = error.holder
    else:
        first = error_summary(error.diagnostics)
        reason = first or f"{error.command} exited with code {error.exit_code}"
        reason += confined(error)
    diagnostics = error.diagnostics or (Diagnostic("error", reason, error.tail),)
    return PlanFailure(diagnostics, reason, state_locked=error.state_locked)


def confined(error: EngineError) -> str:
    return f"; the run is confined: {error.denied}" if error.denied else ""


def _read(
    job: Job,
    ports: WorkerPorts,
    planned: Planned,
    keep_as: str,
    execution: Execution,
    judged: Judged,
) -> PlanResult | PlanFailure:
    now = ports.clock.now()
    read = read_report(planned, question_of(job, ports, planned))
    if isinstance(read, EngineError):
        return failure_of(read)
    marked = frozenset() if read is None else frozenset(read[0].sensitive)
    before = Known(execution.secrets, execution.context_secrets)
    remember(job, ports, before, marked | _given(planned), planned.context_secrets)
    secrets = Secrets.of(planned.secrets | marked)
    warnings = kept(planned.diagnostics, lambda text: str(secrets.scrub(text, halves=True)))
    if read is None:
        return PlanResult(
            changes=ChangeSet(),
            fingerprint=fingerprint({}, ports.secrets.fingerprint_key()),
            plan_digest=None,
            planned_at=now,
            engine_version=planned.engine_version,
            findings=absorbed(planned.drifted_addresses),
            facts=planned.facts,
            warnings=warnings,
        )
    failpoint.reach("plan.before_artifact")
    report, masked = read
    if report.problem is not None:
        return PlanFailure((Diagnostic("error", report.problem),), report.problem)
    ports.artifacts.put(job.run, f"{keep_as}.json", masked)
    return PlanResult(
        changes=report.changes,
        fingerprint=report.fingerprint,
        # What can never be applied is not even stored.
        plan_digest=None
        if job.kind.only_reads
        else ports.artifacts.put(job.run, f"{keep_as}.tfplan", planned.plan_file.read_bytes()),
        planned_at=now,
        engine_version=planned.engine_version,
        findings=report.findings,
        drift_fingerprint=report.drift_fingerprint,
        facts=planned.facts,
        tree=""
        if job.kind is Kind.DRIFT
        else ports.git.tree_id(job.source.with_login(ports.sources), job.revision),
        named=marked_files(job, ports, execution.workspace, report.mentioned, secrets),
        warnings=warnings,
        judged=replace(
            judged, results=scrubbed(judged.results, lambda text: str(secrets.scrub(text, halves=True)))
        ),
    )


def question_of(job: Job, ports: WorkerPorts, planned: Planned) -> Question:
    by_marks = job.source.allow.nonsensitive
    return Question(
        key=ports.secrets.fingerprint_key().hex(),
        given=tuple(sorted(planned.credentials if by_marks else planned.secrets)),
        by_marks=by_marks,
        provisioners=job.source.allow.provisioners,
        actions=job.source.allow.actions,
        ignore=tuple(job.ignore),
        drift=job.kind is Kind.DRIFT,
        around=planned.around,
        changed_inputs=changed_inputs(job.environment, planned.facts.given, job.changed_outputs),
        partly=job.partly,
        rules=job.rules,
        targeted=bool(job.targets),
    )


def read_report(planned: Planned, question: Question) -> tuple[Report, bytes] | EngineError | None:
    """The report and the masked changes, in full and as JSON; None for a plan without changes."""
    if planned.apart is not None:
        return planned.apart(question)
    if planned.document is None:
        return None
    report, changes = report_of(planned.document, question)
    return report, json.dumps(to_plain(changes), sort_keys=True).encode()


def _given(planned: Planned) -> frozenset[str]:
    """What to mask from now on. Guessed secrets are not included: once the file is repaired, its words are
    harmless again.
    """
    given = frozenset() if planned.warnings else planned.secrets - planned.credentials
    return frozenset(text for text in given if len(text) >= SHORTEST_PART)
