"""A small list of directories to check for drift, as home-made tools have it.

No such file has a public format, so it is known by what it holds: directories, each as a text or with a few keys.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.adopt.arguments import with_arguments
from runner.adopt.expand import is_glob, matching, normal
from runner.adopt.node import Node
from runner.adopt.reading import Reading
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project
from runner.model.schedule.cron import cron_flaw

LISTS = ("directories", "dirs", "folders", "paths", "projects", "roots", "root_modules", "stacks", "modules")
FOLDER = ("dir", "directory", "path", "folder", "project_root", "root", "working_directory")
VERSION = ("terraform_version", "engine_version", "tf_version")
VAR_FILES = ("var_files", "var_file", "tfvars", "vars_file")
SCHEDULE = ("schedule", "cron")
_NONE = Node((), 1, {})


def shows(top: Node) -> bool:
    return any(_folder(part) is not None for _, part in _parts(top))


def _parts(top: Node) -> Iterator[tuple[str | None, Node]]:
    for key in LISTS:
        listed = top.items.get(key, _NONE)
        yield from ((None, part) for part in listed.parts)
        yield from listed.items.items()


def _first(node: Node, keys: Sequence[str]) -> Node | None:
    return next((node.items[key] for key in keys if key in node.items), None)


def _folder(node: Node) -> Node | None:
    return node if node.text is not None else _first(node, FOLDER)


def read(readings: Sequence[Reading], layout: Layout) -> list[Project]:
    return [project for reading in readings for project in _read(reading, layout)]


def _read(reading: Reading, layout: Layout) -> Iterator[Project]:
    usual = _schedule(reading, reading.top)
    for name, node in _parts(reading.top):
        given = _folder(node)
        folder = normal(given.text or "") if given is not None else None
        if given is not None and given.text and folder is None:
            reading.note(
                given, "the directory is outside of the repository", "a path from the top of the repository"
            )
        if given is None or folder is None:
            continue
        reading.keep(given, "the directory of the stack file")
        called = reading.text(node, "name", "name of the stack") or name
        workspace = reading.text(node, "workspace", "terraform_workspace in the stack file") or "default"
        version = _first(node, VERSION)
        if version is not None:
            reading.keep(version, "engine_version in the stack file")
        base = Project(
            folder,
            name=called if not is_glob(folder) else None,
            because="the file names it",
            file=reading.file,
            line=node.line,
            workspace=workspace,
            engine_version=version.text if version is not None else None,
            drift_schedule=_schedule(reading, node) or usual,
        )
        for place in matching(layout, folder) if is_glob(folder) else (folder,):
            yield _with_var_files(replace(base, folder=place), reading, node, layout)


def _with_var_files(project: Project, reading: Reading, node: Node, layout: Layout) -> Project:
    given = _first(node, VAR_FILES)
    if given is None:
        return project
    options = [replace(part, value=f"-var-file={part.text}") for part in given.parts or (given,) if part.text]
    return with_arguments(project, reading, options, {}, layout)


def _schedule(reading: Reading, node: Node) -> str | None:
    given = _first(node, SCHEDULE)
    if given is None or not given.text:
        return None
    if flaw := cron_flaw(given.text):
        reading.note(given, flaw, "drift.schedule in the stack file")
        return None
    reading.keep(given, "drift.schedule in the stack file")
    return given.text
