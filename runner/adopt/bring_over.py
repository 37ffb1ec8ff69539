"""From the files of a tool, or from the directories alone, to stack files that discovery would take."""

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from pathlib import Path

from runner.adopt.definitions import Stacks, depending, stacks_of
from runner.adopt.expand import scanned as from_directories
from runner.adopt.formats.table import BY_NAME, FORMATS, Format, detected
from runner.adopt.node import MAX_BYTES, Node, read_nodes
from runner.adopt.placing import placed
from runner.adopt.preview import problems
from runner.adopt.reading import Reading
from runner.adopt.scan import Scanned
from runner.adopt.text import configuration, stack_file
from runner.errors import BadUsage, FormatUnknown, NotImportable
from runner.host.files import read_foreign
from runner.model.adopt.outcome import Adoption, Placed, Stack
from runner.model.adopt.project import LeftOut, Project
from runner.model.adopt.roots import verdicts
from runner.model.values.frozen import dataclass

CONFIGURATION = "driftline.yaml"
DIRECTORIES = "folders"  # the format of no file at all


@dataclass(frozen=True)
class Target:
    """Where the files go, and which repository the configuration names."""

    out: Path
    url: str
    branch: str


@dataclass(frozen=True)
class Tool:
    """What was read of a tool's files."""

    product: str
    origin: str
    projects: tuple[Project, ...]
    readings: tuple[Reading, ...] = ()
    left_out: tuple[LeftOut, ...] = field(default=())


def usual_files(folder: Path) -> list[Path]:
    """Files of known tools in a repository."""
    return [folder / path for row in FORMATS for path in row.paths if (folder / path).is_file()]


def read_tool(files: Sequence[Path], scanned: Scanned, name: str | None) -> Tool:
    """All files together: those of a server may say what those of a repository refer to."""
    readings: list[Reading] = []
    formats: list[Format] = []
    for file in files:
        shown = _shown(file, scanned.top)
        for node in _nodes(file, shown):
            row = BY_NAME[name] if name is not None else detected(file.as_posix(), node)
            if row is None:
                raise FormatUnknown(place=shown)
            readings.append(Reading(shown, node))
            formats.append(row)
    if not formats:
        raise FormatUnknown(place=", ".join(_shown(file, scanned.top) for file in files))
    if len({row.name for row in formats}) > 1:
        names = ", ".join(sorted({row.name for row in formats}))
        raise BadUsage(
            f"these files belong to different tools: {names}",
            hint="driftline import FILE, one tool at a time",
        )
    projects = formats[0].read(readings, scanned.layout)
    for reading in readings:
        reading.finish()
    unnamed = _unnamed(projects, scanned, formats[0])
    return Tool(
        formats[0].product,
        f"`driftline import` from {readings[0].file}",
        tuple(projects),
        tuple(readings),
        unnamed,
    )


def _nodes(file: Path, shown: str) -> list[Node]:
    try:
        found = read_nodes(shown, read_foreign(file, MAX_BYTES))
    except FileNotFoundError:
        raise BadUsage(f"{shown} does not exist", hint="driftline import --help") from None
    except OSError as error:
        raise NotImportable(file=shown, problem=error.strerror or "it cannot be read") from None
    if not found:
        raise NotImportable(file=shown, problem="it is empty")
    for node in found:
        if not isinstance(node.value, dict):
            raise NotImportable(file=shown, problem=f"line {node.line}: expected keys at its top")
    return found


def _shown(file: Path, top: Path) -> str:
    resolved = file.absolute()
    return resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else str(file)


def _unnamed(projects: Iterable[Project], scanned: Scanned, row: Format) -> tuple[LeftOut, ...]:
    """What looks like a root module, and is none of the tool's."""
    named = {project.folder for project in projects}
    why = f"it looks like a root module, but {row.product} does not name it"
    return tuple(
        LeftOut(verdict.folder, f"{why} ({verdict.because})")
        for verdict in verdicts(scanned.layout)
        if verdict.taken and verdict.folder not in named
    )


def read_directories(scanned: Scanned, below: str | None = None) -> Tool:
    """Root modules as the directories show them; with `below`, those of this directory."""

    def inside(folder: str) -> bool:
        return below is None or folder == below or folder.startswith(f"{below}/")

    projects = tuple(one for one in from_directories(scanned.layout) if inside(one.folder))
    left_out = tuple(
        LeftOut(verdict.folder, verdict.because)
        for verdict in verdicts(scanned.layout)
        if not verdict.taken and inside(verdict.folder)
    )
    return Tool("hand", "`driftline init --scan`", projects, (), left_out)


def adoption(tool: Tool, scanned: Scanned, target: Target) -> Adoption:
    """Everything that is to be written and told; nothing is written here."""
    made = stacks_of(tool.projects, scanned.layout)
    texts = _accepted(made, scanned, tool.origin)
    backends = [
        backend.type
        for stack in made.stacks
        if (backend := scanned.layout.code[stack.project.folder].facts.backend)
    ]
    files = placed(target.out, texts)
    if made.stacks:
        files.append(_configuration(target, made.stacks, backends, tool.product))
    return Adoption(
        tool.product,
        tuple(made.stacks),
        (*tool.left_out, *made.left_out, *scanned.layout.left_out),
        (*(note for reading in tool.readings for note in reading.notes), *made.notes),
        tuple(kept for reading in tool.readings for kept in reading.kept),
        tuple(files),
        scanned.layout.complete,
    )


def _accepted(made: Stacks, scanned: Scanned, origin: str) -> dict[str, str]:
    """The stack files, without the stacks that discovery would refuse: those are told with its reason."""
    while True:
        texts = _texts(made.stacks, origin)
        said = {problem.stack: problem for problem in reversed(problems(scanned, texts)) if problem.stack}
        refused = [stack for stack in made.stacks if stack.definition.name in said]
        if not refused:
            return texts
        for stack in refused:
            problem = said[stack.definition.name]
            made.left_out.append(LeftOut(stack.project.folder, f"it would be refused: {problem}"))
            if stack.project.file:
                made.note(
                    stack.project, "dir", f"the stack {stack.definition.name} would be refused: {problem}"
                )
        gone = {stack.definition.name for stack in refused}
        made.stacks = [
            replace(stack, definition=depending(stack.definition, without=gone))
            for stack in made.stacks
            if stack not in refused
        ]


def _texts(stacks: Sequence[Stack], origin: str) -> dict[str, str]:
    by_file: dict[str, list[Stack]] = {}
    for stack in stacks:
        by_file.setdefault(stack.file, []).append(stack)
    return {file: stack_file(group, origin) for file, group in by_file.items()}


def _configuration(target: Target, stacks: Sequence[Stack], backends: Iterable[str], product: str) -> Placed:
    text = configuration(stacks, backends, target.url, target.branch, product)
    (file,) = placed(target.out, {CONFIGURATION: text})
    return replace(file, state="yours") if file.state == "differs" else file
