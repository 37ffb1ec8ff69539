"""The stack files of one revision: found by the source's globs, read as blobs, once per content."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from runner.model.code.complaint import Complaint
from runner.model.code.located import Located
from runner.model.code.tree import FILES, LINK, Tree
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.model.stack.source import TreeEntry
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, glob, printable, shortened
from runner.model.values.problem import Problem
from runner.ports.files import StackFiles
from runner.ports.git import Git
from runner.service.discovery.time_limit import NOT_READ_YET, Patience

MAX_PATHS = 20  # of one kind


@dataclass(frozen=True)
class Content:
    """The stacks and problems of one file."""

    stacks: tuple[Located, ...]
    problems: tuple[Problem, ...]
    late: bool = False  # it was not read


Known = dict[tuple[str, str], Content]  # by path and object id


def matching(tree: Tree, source: SourceSettings) -> tuple[list[TreeEntry], list[Problem]]:
    """The files that match the source's globs, and the problems of those that cannot be accepted."""
    globs = [glob(pattern) for pattern in source.stacks]
    ends = tuple(one.literal_end for one in globs)
    likely = (e for e in tree if e.path.endswith(ends) and e.kind == "blob")
    found = [e for e in likely if any(one.matches(e.path) for one in globs)]
    flaws = {entry.path: flaw for entry in found if (flaw := _flaw(entry))}
    files = [entry for entry in found if entry.path not in flaws]
    return files, [Problem(printable(path), 1, 1, flaw) for path, flaw in flaws.items()]


def _flaw(entry: TreeEntry) -> str | None:
    if entry.mode == LINK:
        return "a stack file cannot be a symbolic link"
    if not entry.path.isprintable():
        return "the path of a stack file cannot contain control characters or invalid UTF-8"
    return None if entry.mode in FILES else f"a stack file cannot have the mode {entry.mode}"


def stray_links(tree: Tree) -> Iterator[Problem]:
    """They are never written to a disk; stacks that use them are refused, the others are not affected."""
    for path in tree.stray:
        message = "the link points outside the repository, or in a circle, and is not exported"
        yield Problem(printable(path), 1, 1, message)


def unfit_paths(tree: Tree) -> Iterator[Problem]:
    """They are never written to a disk either."""
    for path, reason in tree.unfit[:MAX_PATHS]:
        yield Problem(shortened(path), 1, 1, f"the path is not exported: {reason}")
    more = len(tree.unfit) - MAX_PATHS
    if more > 0:
        yield Problem(TOP, 1, 1, f"{more} more paths are not exported")


def read_files(
    git: Git,
    reader: StackFiles,
    source: SourceSettings,
    files: Iterable[TreeEntry],
    known: Known,
    patience: Patience,
) -> Known:
    """All files; those that are not `known` are read, small ones first."""
    wanted = {(entry.path, entry.oid): known.get((entry.path, entry.oid)) for entry in files}
    missing = {oid for (_, oid), content in wanted.items() if content is None}
    blobs = git.blobs(source, missing) if missing else {}
    read: Known = {}
    for path, oid in sorted(wanted, key=lambda file: (len(blobs.get(file[1], b"")), file)):
        content = wanted[path, oid]
        if content is None and patience.over:
            content = Content((), (Problem(path, 1, 1, NOT_READ_YET),), late=True)
        read[path, oid] = content or _read(reader, source, path, blobs.get(oid))
    return dict(sorted(read.items()))


def _read(reader: StackFiles, source: SourceSettings, path: str, content: bytes | None) -> Content:
    if content is None:
        return Content((), (Problem(path, 1, 1, "the file is too large for a stack file"),))
    try:
        stacks, problems = reader.read(path, content, source.allow)
    # The file's author controls the parser's input: a failure must not affect other files.
    except Exception as error:  # noqa: BLE001 - any bug
        message = f"the file cannot be interpreted: {type(error).__name__}"
        return Content((), (Problem(path, 1, 1, message),))
    return Content(tuple(Located(path, stack) for stack in stacks), tuple(problems))


def with_names(
    problems: Iterable[Problem], known: Iterable[Stack], found: Iterable[Located]
) -> Iterator[Problem]:
    """An unreadable file is a problem of every stack known in it; otherwise they would seem to be gone."""
    sound = {stack.definition.name for stack in found}
    listed = list(problems)
    sound |= {problem.stack for problem in listed if problem.stack is not None}
    silent: dict[str, list[str]] = {}
    for stack in known:
        if stack.missing_since is None and stack.name not in sound:
            silent.setdefault(stack.file, []).append(stack.name)
    for problem in listed:
        names = silent.get(problem.file, []) if problem.stack is None else []
        for name in names:
            yield replace(problem, stack=name, message=f'stack "{name}": {problem.message}')
        if not names:
            yield problem


def placed(
    git: Git, source: SourceSettings, tree: Tree, complaints: Iterable[Complaint]
) -> Iterator[tuple[Complaint, Problem]]:
    """Complaints with the line where their stack begins, or of the value that they are about."""
    listed = list(complaints)
    oids = {one.stack.file: entry.oid for one in listed if (entry := tree.get(one.stack.file))}
    blobs = git.blobs(source, set(oids.values())) if oids else {}
    for one in listed:
        file, name = one.stack.file, one.stack.definition.name
        text = blobs.get(oids.get(file, ""), b"").decode(errors="replace")
        line, column = _place(text, name, one.dependency)
        yield one, Problem(file, line, column, one.sentence, name)


_NEXT_DOCUMENT = re.compile(r"^---", re.MULTILINE)


def _place(text: str, name: str, dependency: str) -> tuple[int, int]:
    """Line and column of this entry of `depends_on`, or of the stack's name."""
    begin = _begin(text, name)
    line = text.count("\n", 0, begin) + 1
    if not dependency:
        return line, 1
    first = max((found.start() for found in _NEXT_DOCUMENT.finditer(text, 0, begin)), default=0)
    following = _NEXT_DOCUMENT.search(text, begin + 1)
    document = text[first : following.start() if following else len(text)]
    word = re.escape(dependency)
    found = re.search(
        rf"^[\"']?depends_on[\"']?[ \t]*:[\s\S]*?(?<![\w./-])({word})(?![\w./-])", document, re.MULTILINE
    )
    if found is None:
        return line, 1
    at = first + found.start(1)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _begin(text: str, name: str) -> int:
    """The offset of a document's name; 0 if it is written in an unusual way."""
    given = re.search(
        rf"""^[ \t]*(?:name|"name"|'name')[ \t]*:[ \t]*["']?{re.escape(name)}["']?[ \t]*(?:#.*)?$""",
        text,
        re.MULTILINE,
    )
    return given.start() if given else 0
