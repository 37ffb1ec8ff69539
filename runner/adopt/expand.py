"""Which directories a tool's own search would find, or one of its globs matches."""

from collections.abc import Iterable, Iterator

from runner.model.adopt.guesses import guessed
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project
from runner.model.adopt.roots import verdicts
from runner.model.values.paths import TOP, WILD, glob, join


def normal(path: str) -> str | None:
    """A directory as the tool names it, from the top; None if it leads out."""
    return join(TOP, path.replace("\\", "/"))


def is_glob(path: str) -> bool:
    return WILD.search(path) is not None


def matching(layout: Layout, pattern: str) -> list[str]:
    """The directories with code that a glob matches."""
    compiled = glob(pattern)
    return [path for path in sorted(layout.code) if compiled.matches(path)]


def root_modules(layout: Layout, ignored: Iterable[str] = ()) -> Iterator[Project]:
    """Those that the directories themselves show, without the ignored globs; workspaces are left to the tool."""
    globs = [glob(pattern) for pattern in ignored]
    for verdict in verdicts(layout):
        if verdict.taken and not any(one.matches(verdict.folder) for one in globs):
            yield Project(verdict.folder, because=verdict.because)


def scanned(layout: Layout) -> Iterator[Project]:
    """Those that the directories show, with what their files suggest."""
    for verdict in verdicts(layout):
        if verdict.taken:
            yield from guessed(layout, layout.code[verdict.folder], verdict.because)
