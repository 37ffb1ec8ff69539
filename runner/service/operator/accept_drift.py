"""A drift is accepted into code: the smallest change of the code that means what is there, proved by a plan."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from runner.errors import Blocked, EngineFailed, PartlyApplied
from runner.model.accept.patch import branch_name, patch, reveals
from runner.model.accept.proof import following_outputs, objection
from runner.model.accept.removed import knows_removed_blocks
from runner.model.accept.sought import SENSITIVE, Sought, sought
from runner.model.accept.stack_code import Accepted, StackCode
from runner.model.accept.yaml_places import variables_now
from runner.model.approval.approval import Person
from runner.model.code.located import Located
from runner.model.code.module import is_configuration
from runner.model.code.tree import Tree
from runner.model.constant.given import Hidden
from runner.model.drift.report import DriftReport, ReportStatus
from runner.model.drift.taxonomy import judge
from runner.model.execution.job import Job, PlanFailure
from runner.model.run.busy import refuse_executing
from runner.model.run.life import Kind
from runner.model.secret.copies import Secrets, plan_secrets
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.model.values.markdown import sentence
from runner.model.values.paths import TOP
from runner.ports.control import ControlPorts
from runner.ports.forge import Forge
from runner.ports.worker import WorkerPorts
from runner.service.drift.partly import partly_applied
from runner.service.drift.rules import ignore_rules
from runner.service.execution.trial import TrialPlan, TrialPlans, told, trial_plans
from runner.service.operator.request import refuse_unread
from runner.service.operator.trial_job import trial_job
from runner.service.state.file import current_state

NAME = "accept"  # not a run: nothing of it is kept


@dataclass(frozen=True)
class Acceptance:
    """`patch` is empty if nothing could be accepted; then `undecided` says why. `revision` is in the mirror."""

    report: DriftReport
    base: str
    patch: bytes = b""
    told: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    revision: str | None = None

    @property
    def branch(self) -> str:
        return branch_name("drift", self.report.stack, self.patch)


@contextmanager
def accepting(control: ControlPorts, ports: WorkerPorts, report_id: int) -> Iterator[Acceptance]:
    """The proved change; its commit is in the mirror for the length of the block. Nobody's checkout is touched."""
    report, stack, job = _asked(control, report_id)
    source = job.source.with_login(ports.sources)
    state = current_state(control, stack) if stack.managed_state else None
    with trial_plans(job, ports, state, NAME) as plans:
        before = _made(stack, plans(job))
        secrets = _secrets(before)
        found = _sought(report, job, before, secrets)
        code = _stack_code(ports, source, stack)
        removed = knows_removed_blocks(stack.definition.engine, before.engine_version)
        accepted = ports.modules.accepted(code, found.drifted, removed_blocks=removed)
        undecided = (*found.told, *accepted.undecided)
        outcome = Acceptance(report, stack.revision, undecided=undecided)
        if not accepted.edited:
            yield outcome
            return
        if reveals(accepted.edited, secrets):
            yield replace(outcome, undecided=(*undecided, f"the change is discarded: {SENSITIVE}"))
            return
        with _amended(ports, source, report, stack.revision, accepted) as revision:
            why, outputs = _proof(plans, replace(job, revision=revision), before, accepted)
            if why:
                yield replace(
                    outcome, undecided=(*undecided, *accepted.told, f"the change is discarded: {why}")
                )
                return
            told = (*accepted.told, *(f"output {name} follows with the next apply" for name in outputs))
            yield replace(outcome, patch=patch(accepted.edited), told=told, revision=revision)


def publish(
    control: ControlPorts, ports: WorkerPorts, found: Acceptance, source: SourceSettings, person: Person
) -> str:
    """Push it as a branch, whose name is returned; recorded beforehand."""
    assert found.revision is not None
    told = {"report": found.report.name, "branch": found.branch, "base": found.base}
    with control.store.writing() as writer:
        writer.audit_note(person.name, "drift.accept", found.report.stack, told)
    ports.git.push(source, found.revision, found.branch)
    return found.branch


def open_request(forge: Forge, found: Acceptance, source: SourceSettings) -> str:
    """The address of the pull request with the branch: a new one, or the one that is open."""
    title = f"Accept {found.report.name} of {found.report.stack} into code"
    lines = [
        f"{found.report.name} says how `{found.report.stack}` differs from its code. This makes the code match what is there;",
        "a plan of it no longer changes any of that, nor anything that it did not change before.",
        "",
        *(f"- {sentence(one)}" for one in (*found.told, *found.undecided)),
    ]
    assert found.revision is not None
    return forge.open_request(found.revision, found.branch, source.branch, title, "\n".join(lines))


def _asked(control: ControlPorts, report_id: int) -> tuple[DriftReport, Stack, Job]:
    with control.store.reading() as reader:
        report = reader.report(report_id)
        if report.status is ReportStatus.RESOLVED:
            raise Blocked(f"{report.name} is resolved", hint="driftline drift list")
        stack = reader.stack(report.stack)
        if stack.missing_since is not None:
            raise Blocked(
                f'stack "{stack.name}" is no longer in Git', hint=f"driftline stack show {stack.name}"
            )
        refuse_unread(reader, stack)
        refuse_executing(reader.open_runs(stack.name), checks=False)
        left = partly_applied(reader, stack.name)
        if left:
            raise PartlyApplied(
                stack=stack.name, run=left[0].run, outcome=left[0].outcome, revision=left[0].revision[:12]
            )
    by_hand = f"change the code by hand, as it says there:   driftline drift show {report.name}"
    job = trial_job(control, stack, Kind.DRIFT, instead=by_hand)
    return report, stack, replace(job, ignore=ignore_rules(control.settings, stack.definition))


def _made(stack: Stack, plan: TrialPlan | PlanFailure) -> TrialPlan:
    if isinstance(plan, PlanFailure):
        raise EngineFailed(
            f'stack "{stack.name}" cannot be planned: {told(plan)}',
            hint=f"driftline drift check {stack.name}",
        )
    return plan


def _secrets(plan: TrialPlan) -> Secrets:
    known = Secrets.of(plan.question.given)
    return known if plan.question.by_marks else plan_secrets(plan.document) | known


def _sought(report: DriftReport, job: Job, plan: TrialPlan, secrets: Secrets) -> Sought:
    asked, known = plan.question, Secrets.of(plan.question.given)
    found = judge(
        plan.document, job.ignore, known, by_marks=asked.by_marks, changed_inputs=asked.changed_inputs
    )
    return sought(report.findings, found, plan.document, secrets)


def _stack_code(ports: WorkerPorts, source: SourceSettings, stack: Stack) -> StackCode:
    """As it is in Git: links are not followed, since an edit would be one of another file."""
    tree = Tree(ports.git.tree(source, stack.revision))
    located = Located(stack.file, stack.definition)

    def content(path: str) -> bytes:
        entry = tree.get(path) if tree.is_file(path) else None
        return b"" if entry is None else ports.git.blobs(source, [entry.oid]).get(entry.oid, b"")

    def folder(name: str) -> Mapping[str, bytes]:
        files = [one for one in tree.children(name or TOP) if tree.is_file(one.path) and _read(one.path)]
        blobs = ports.git.blobs(source, [one.oid for one in files])
        return {one.path.rpartition("/")[2]: blobs[one.oid] for one in files if one.oid in blobs}

    def hidden(names: Iterable[str]) -> Mapping[str, str]:
        given_here = ports.engine.surroundings.environment(names, stack.definition, stack.source)
        return {
            name: one.why if isinstance(one, Hidden) else "its environment sets it"
            for name, one in given_here.items()
        }

    paths = [path for name in stack.definition.var_files if (path := located.at(name))]
    root = "" if stack.module_path == TOP else stack.module_path
    return StackCode(
        stack.name,
        root,
        folder,
        (stack.file, content(stack.file)),
        tuple((path, content(path)) for path in paths),
        hidden,
    )


def _read(path: str) -> bool:
    return is_configuration(path.rpartition("/")[2]) or path.endswith((".tfvars", ".tfvars.json"))


@contextmanager
def _amended(
    ports: WorkerPorts, source: SourceSettings, report: DriftReport, base: str, accepted: Accepted
) -> Iterator[str]:
    files = {path: one.after for path, one in accepted.edited.items()}
    revision = ports.git.amend(source, base, files, f"Accept {report.name} of {report.stack} into code\n")
    try:
        yield revision
    finally:
        ports.git.drop_amended(source, revision)


def _proof(plans: TrialPlans, job: Job, before: TrialPlan, accepted: Accepted) -> tuple[str, tuple[str, ...]]:
    """Why the changed code is not what was wanted; else the outputs that follow."""
    edited = accepted.edited.get(job.file)
    if edited is not None:
        variables = variables_now(edited.after.decode(), job.stack.name)
        job = replace(job, stack=replace(job.stack, vars=variables))
    after = plans(job)
    if isinstance(after, PlanFailure):
        return f"its plan fails: {told(after)}", ()
    return (
        objection(before.document, after.document, accepted.addresses),
        following_outputs(before.document, after.document),
    )
