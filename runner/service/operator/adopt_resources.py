"""Resources that nobody manages are adopted: `import` blocks and the code that terraform generates for them, proved by a plan."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from runner.errors import Blocked, EngineFailed, ResourceNotListed
from runner.model.accept.patch import Edited, branch_name, patch
from runner.model.accept.proof import objection
from runner.model.approval.approval import Person
from runner.model.code.tree import Tree
from runner.model.execution.job import Job, PlanFailure
from runner.model.imports.block import Import, imports_of
from runner.model.imports.generated import addresses_in, refused, repaired, without
from runner.model.imports.proof import besides, not_imported
from runner.model.inventory.left_out import LeftOut
from runner.model.inventory.listing import KeptResource
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
from runner.service.execution.trial import TrialPlan, TrialPlans, generated_code, told, trial_plans
from runner.service.operator.request import refuse_unread
from runner.service.operator.trial_job import trial_job

NAME = "adopt"  # not a run: nothing of it is kept
TRIES = 6  # plans, each without what the one before refused
FILE = "imports"


@dataclass(frozen=True)
class Adoption:
    """`patch` is empty if a plan did not prove it; then `undecided` says why, and `draft` is the code so far."""

    stack: str
    base: str
    imports: tuple[Import, ...]
    patch: bytes = b""
    told: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    draft: str = ""
    revision: str | None = None

    @property
    def branch(self) -> str:
        return branch_name("adopt", self.stack, self.patch)


@dataclass(frozen=True)
class _Code:
    """The new file, as it was tried last."""

    path: str
    blocks: str
    resources: str
    told: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.blocks}\n{self.resources}"


@contextmanager
def adopting(control: ControlPorts, ports: WorkerPorts, arns: Sequence[str], name: str) -> Iterator[Adoption]:
    """The proved change; its commit is in the mirror for the length of the block."""
    stack = _stack(control, name)
    resources = _resources(control, arns)
    by_hand = f"write their import blocks by hand, and let its pool plan them:   driftline plan {name}"
    job = trial_job(control, stack, Kind.CHANGE, instead=by_hand)
    source = job.source.with_login(ports.sources)
    path, taken = _place(ports, source, stack)
    imports = imports_of(resources, taken)
    code = _Code(path, "\n".join(map(str, imports)), "")
    state = _state(ports, stack)
    outcome = Adoption(name, stack.revision, imports)
    with _amended(ports, source, stack, code) as revision:
        text, failed = generated_code(replace(job, revision=revision), ports, state, NAME)
    fixed, dropped = repaired(text)
    if failed is not None and not text:
        yield replace(outcome, undecided=(f"nothing could be generated: {told(failed)}",))
        return
    code = replace(code, resources=fixed, told=tuple(map(str, dropped)))
    with trial_plans(job, ports, state, NAME) as plans:
        before = _before(stack, plans(job))
        code, why = _tried(ports, source, job, stack, plans, before, code, imports)
        if why:
            undecided = (*code.told, f"the change is discarded: {why}")
            yield replace(outcome, undecided=undecided, draft=_shown(code, before))
            return
        with _amended(ports, source, stack, code) as revision:
            edited = {code.path: Edited(code.path, b"", code.text.encode(), is_new=True)}
            yield replace(outcome, patch=patch(edited), told=code.told, revision=revision)


def publish(
    control: ControlPorts, ports: WorkerPorts, found: Adoption, source: SourceSettings, person: Person
) -> str:
    """Push it as a branch, whose name is returned; recorded beforehand."""
    assert found.revision is not None
    about = {
        "branch": found.branch,
        "base": found.base,
        "resources": [f"{one.address} {one.id}" for one in found.imports],
    }
    with control.store.writing() as writer:
        writer.audit_note(person.name, "drift.adopt", found.stack, about)
    ports.git.push(source, found.revision, found.branch)
    return found.branch


def open_request(forge: Forge, found: Adoption, source: SourceSettings) -> str:
    """The address of the pull request with the branch."""
    lines = [
        f"`{found.stack}` imports what no stack manages. A plan of it changes nothing of that, and nothing else that it did not",
        "change before.",
        "",
        *(f"- {sentence(f'{one.address} is {one.id}')}" for one in found.imports),
        *(f"- {sentence(one)}" for one in found.told),
    ]
    assert found.revision is not None
    title = f"Adopt {len(found.imports)} resources into {found.stack}"
    return forge.open_request(found.revision, found.branch, source.branch, title, "\n".join(lines))


def _stack(control: ControlPorts, name: str) -> Stack:
    with control.store.reading() as reader:
        stack = reader.stack(name)
        if stack.missing_since is not None:
            raise Blocked(f'stack "{name}" is no longer in Git', hint=f"driftline stack show {name}")
        refuse_unread(reader, stack)
        refuse_executing(reader.open_runs(name), checks=False)
    return stack


def _resources(control: ControlPorts, arns: Iterable[str]) -> list[KeptResource]:
    with control.store.reading() as reader:
        found = [(arn, reader.kept_resource(arn)) for arn in dict.fromkeys(arns)]
        managed = {arn: reader.objects_called([arn]) for arn, one in found if one is None}
    for arn, one in found:
        if one is None and managed[arn]:
            by = managed[arn][0]
            raise Blocked(
                f"{arn} is managed already: {by.address} of {by.stack}",
                hint=f"driftline stack show {by.stack}",
            )
        if one is None:
            raise ResourceNotListed(resource=arn)
        if one.reason:
            raise Blocked(
                f"{arn} does not count: {LeftOut(one.reason, one.of)}",
                hint="driftline drift coverage --all",
            )
        if not one.import_id:
            raise Blocked(
                f"{arn} is {one.type}, and it is not known what terraform imports that by",
                hint="write the resource and its import block by hand",
            )
    return [one for _, one in found if one is not None]


def _place(ports: WorkerPorts, source: SourceSettings, stack: Stack) -> tuple[str, frozenset[str]]:
    """A file that the module does not have yet, and the addresses that it has."""
    tree = Tree(ports.git.tree(source, stack.revision))
    there = tree.children(stack.module_path)
    files = [one for one in there if tree.is_file(one.path) and one.path.endswith((".tf", ".tofu"))]
    contents = ports.git.blobs(source, [one.oid for one in files]).values()
    taken = (address for each in contents for address in addresses_in(each.decode(errors="replace")))
    prefix = "" if stack.module_path == TOP else f"{stack.module_path}/"
    names = {one.path for one in there}  # a link has its name too
    path, number = f"{prefix}{FILE}.tf", 1
    while path in names:
        number += 1
        path = f"{prefix}{FILE}_{number}.tf"
    return path, frozenset(taken)


def _state(ports: WorkerPorts, stack: Stack) -> bytes | None:
    if not stack.managed_state:
        return None
    return ports.workspaces.managed_state(stack.folder, stack.definition.terraform_workspace)


@contextmanager
def _amended(ports: WorkerPorts, source: SourceSettings, stack: Stack, code: _Code) -> Iterator[str]:
    message = f"Adopt resources into {stack.name}\n"
    revision = ports.git.amend(source, stack.revision, {code.path: code.text.encode()}, message)
    try:
        yield revision
    finally:
        ports.git.drop_amended(source, revision)


def _before(stack: Stack, plan: TrialPlan | PlanFailure) -> TrialPlan:
    if isinstance(plan, PlanFailure):
        raise EngineFailed(
            f'stack "{stack.name}" cannot be planned: {told(plan)}', hint=f"driftline plan {stack.name}"
        )
    return plan


def _tried(
    ports: WorkerPorts,
    source: SourceSettings,
    job: Job,
    stack: Stack,
    plans: TrialPlans,
    before: TrialPlan,
    code: _Code,
    imports: Sequence[Import],
) -> tuple[_Code, str]:
    """The code that a plan accepts, or the last one with the reason why none does."""
    why = ""
    for _ in range(TRIES):
        with _amended(ports, source, stack, code) as revision:
            plan = plans(replace(job, revision=revision))
        if isinstance(plan, TrialPlan):
            return code, _objection(before, plan, code, imports)
        why = f"its plan fails: {told(plan)}"
        fixed = _without(code, plan)
        if fixed.resources == code.resources:
            break
        code = fixed
    return code, why


def _without(code: _Code, failed: PlanFailure) -> _Code:
    for address, words in refused(failed.diagnostics).items():
        text, dropped = without(code.resources, address, words)
        code = replace(code, resources=text, told=(*code.told, *map(str, dropped)))
    return code


def _objection(before: TrialPlan, after: TrialPlan, code: _Code, imports: Sequence[Import]) -> str:
    addresses = frozenset(one.address for one in imports)
    if problems := not_imported(after.document, addresses):
        return "; ".join(problems)
    if other := objection(before.document, besides(after.document, addresses), ()):
        return other
    secrets = Secrets.of(after.question.given) | plan_secrets(after.document)
    if secrets.scrub(code.resources) != code.resources:
        return "the generated code contains a secret"
    return ""


def _shown(code: _Code, before: TrialPlan) -> str:
    """Without what is known as a secret."""
    secrets = Secrets.of(before.question.given) | plan_secrets(before.document)
    return str(secrets.scrub(code.text, halves=True))
