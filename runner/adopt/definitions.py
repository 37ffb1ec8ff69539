"""Projects -> stack definitions that are valid by themselves. A value that no stack may have becomes a note."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runner.config.place import KeyPath, dotted
from runner.config.stack_rules import stack_complaints
from runner.model.adopt.guesses import with_engine
from runner.model.adopt.layout import Layout
from runner.model.adopt.names import stack_names
from runner.model.adopt.outcome import Stack
from runner.model.adopt.project import Guess, LeftOut, Note, Project
from runner.model.code.dependencies import cycles
from runner.model.code.identity import place_of, state_identity
from runner.model.settings.source import GENEROUS
from runner.model.stack.definition import ApplyRules, AwsRoles, DriftRules, StackDefinition, StateIdentity
from runner.model.values.paths import join


@dataclass
class Stacks:
    stacks: list[Stack] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def note(self, project: Project, key: str, why: str, instead: str = "") -> None:
        self.notes.append(Note(project.file, project.line, key, why, instead))


def stacks_of(projects: Iterable[Project], layout: Layout) -> Stacks:
    made = Stacks()
    fitting = [with_engine(one, layout) for one in _with_code(projects, layout, made)]
    names = stack_names(fitting, layout.name)
    known = {
        project.name: name for project, name in zip(fitting, names, strict=True) if project.name is not None
    }
    for project, name in zip(fitting, names, strict=True):
        if project.name is not None and name != project.name:
            made.note(
                project, "name", f"{project.name} is no name for a stack, or taken: the stack is {name}"
            )
        needed = [known[one] for one in project.depends_on if one in known and known[one] != name]
        for one in project.depends_on:
            if one not in known:
                made.note(project, "depends_on", f"{one} is no project that became a stack")
        _add(made, Stack(project, _definition(project, name, tuple(dict.fromkeys(needed)), layout, made)))
    made.stacks = _apart(made, layout)
    made.stacks = [_with_state(one, layout) for one in _with_reads(made.stacks, layout)]
    _break_cycles(made)
    return made


def _with_code(projects: Iterable[Project], layout: Layout, made: Stacks) -> list[Project]:
    """Those whose directory holds configuration."""
    found = []
    for project in projects:
        if project.folder in layout.code:
            found.append(project)
        else:
            why = "no configuration files in it" if layout.has_folder(project.folder) else "no such directory"
            made.left_out.append(LeftOut(project.folder, why))
            made.note(project, "dir", f"{project.folder}: {why}, so it became no stack")
    return found


def _definition(
    project: Project, name: str, depends_on: tuple[str, ...], layout: Layout, made: Stacks
) -> StackDefinition:
    present = []
    for file in project.var_files:
        if layout.has_file(join(project.folder, file) or "/"):
            present.append(file)
        else:
            made.note(project, "var_files", f"there is no file {file} in {project.folder}")
    return StackDefinition(
        name=name,
        labels=dict(project.labels),
        engine=project.engine or "terraform",
        engine_version=project.engine_version,
        terraform_workspace=project.workspace,
        var_files=tuple(dict.fromkeys(present)),
        vars=dict(project.vars),
        backend_config=dict(project.backend_config),
        env=dict(project.env),
        aws=AwsRoles(project.region, project.plan_role, project.apply_role),
        watch=project.watch,
        depends_on=depends_on,
        parallelism=project.parallelism or 10,
        apply=ApplyRules(approvals=project.approvals),
        drift=DriftRules(schedule=project.drift_schedule),
    )


def _add(made: Stacks, stack: Stack) -> None:
    """Without the values that a stack file may not have."""
    definition = stack.definition
    for _ in range(1000):
        complaint = next(iter(stack_complaints(definition, stack.file, GENEROUS, 1)), None)
        if complaint is None:
            made.stacks.append(replace(stack, definition=definition))
            return
        made.note(
            stack.project,
            dotted(complaint.path),
            complaint.message,
            "write it into the stack file as it should be",
        )
        smaller = _without(definition, complaint.path)
        if smaller == definition:
            break
        definition = smaller
    made.left_out.append(LeftOut(stack.project.folder, "nothing in it makes a valid stack file"))


_DEFAULTS = StackDefinition("x")


def _without(definition: StackDefinition, path: KeyPath) -> StackDefinition:
    key, *inner = path
    value = getattr(definition, str(key))
    rest: Any = getattr(_DEFAULTS, str(key))
    match value, inner:
        case dict(), [str() as name, *_]:
            rest = {one: part for one, part in value.items() if one != name}
        case tuple(), [int() as index, *_]:
            rest = value[:index] + value[index + 1 :]
        case AwsRoles() | ApplyRules() | DriftRules(), [str() as name, *_]:
            rest = replace(value, **{name: getattr(type(value)(), name)})
        case _:
            pass
    return definition if key == "name" else replace(definition, **{str(key): rest})


def _identity(stack: Stack, layout: Layout) -> StateIdentity:
    return state_identity(stack.definition, layout.code[stack.project.folder].facts)


def _beside(stack: Stack, layout: Layout) -> str:
    """The folder, if a local state lies beside the code: the same relative path is another file in each."""
    folder = stack.project.folder
    backend = layout.code[folder].facts.backend
    if backend is None or backend.type != "local":
        return ""
    path = str(backend.completed(stack.definition.backend_config).get("path", ""))
    return "" if path.startswith("/") else folder


def _apart(made: Stacks, layout: Layout) -> list[Stack]:
    """Two stacks with one state would overwrite each other: the first one counts."""
    owners: dict[tuple[str, str], Stack] = {}
    found = []
    for stack in made.stacks:
        owner = owners.setdefault((_identity(stack, layout).digest, _beside(stack, layout)), stack)
        if owner is stack:
            found.append(stack)
        else:
            same = f"it has the same state as the stack {owner.definition.name}"
            instead = "give it its own terraform_workspace or backend_config"
            made.left_out.append(LeftOut(stack.project.folder, f"{same}; {instead}"))
            if stack.project.file:
                made.note(stack.project, "dir", f"{same}, so it became none", instead)
    gone = {stack.definition.name for stack in made.stacks} - {stack.definition.name for stack in found}
    return [replace(one, definition=depending(one.definition, without=gone)) for one in found]


def depending(definition: StackDefinition, *, without: set[str]) -> StackDefinition:
    return replace(definition, depends_on=tuple(one for one in definition.depends_on if one not in without))


def _with_reads(stacks: Sequence[Stack], layout: Layout) -> list[Stack]:
    """Whoever reads another stack's state is applied after it."""
    owners = {_identity(stack, layout).digest: stack.definition.name for stack in stacks}
    return [_with_own_reads(stack, owners, layout) for stack in stacks]


def _with_own_reads(stack: Stack, owners: Mapping[str, str], layout: Layout) -> Stack:
    for state in layout.code[stack.project.folder].facts.remote_states:
        where = place_of(state.backend.type, state.backend.settings, state.workspace)
        name = owners.get(where.digest)
        if name is None or name in {stack.definition.name, *stack.definition.dependencies}:
            continue
        definition = replace(stack.definition, depends_on=(*stack.definition.depends_on, name))
        guess = Guess("depends_on", f"{state.reference} reads the state of {name}")
        project = replace(stack.project, guesses=(*stack.project.guesses, guess))
        stack = Stack(project, definition)
    return stack


def _with_state(stack: Stack, layout: Layout) -> Stack:
    """Without a backend, Driftline keeps the state, and begins with an empty one."""
    if layout.code[stack.project.folder].facts.backend is not None:
        return stack
    first = f"no backend block; to keep its resources:  driftline state import {stack.definition.name} FILE"
    project = replace(stack.project, guesses=(*stack.project.guesses, Guess("state", first)))
    return replace(stack, project=project)


def _break_cycles(made: Stacks) -> None:
    """A cycle would be refused: its last step is left out, and told."""
    while True:
        graph = {stack.definition.name: stack.definition.dependencies for stack in made.stacks}
        cycle = next(cycles(graph), None)
        if cycle is None:
            return
        later, needed = cycle[0], cycle[1]
        for index, stack in enumerate(made.stacks):
            if stack.definition.name == later:
                why = f"a cycle: {' -> '.join(cycle)}; {needed} was left out"
                made.note(stack.project, "depends_on", why)
                definition = depending(stack.definition, without={needed})
                made.stacks[index] = replace(stack, definition=definition)
