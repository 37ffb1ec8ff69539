"""Which folders of a repository make up a stack's code: its root module, and the local modules it calls."""

from collections.abc import Callable, Iterator

from runner.model.code.engines import ENGINES
from runner.model.code.module import ModuleFacts, is_configuration, is_test
from runner.model.code.module_source import LOCAL, module_flaw
from runner.model.code.tree import FILES, Tree
from runner.model.values.frozen import dataclass
from runner.model.values.paths import join

TEST_FOLDER = "tests"
Facts = Callable[[str], ModuleFacts]


@dataclass(frozen=True)
class Reach:
    """The folders of a stack's modules, root first, and what is wrong with them."""

    folders: tuple[str, ...]
    problems: tuple[str, ...]


def configuration_files(tree: Tree, folder: str, engine: str) -> Iterator[tuple[str, str]]:
    """Name and object id of the files that the engine reads in a folder, also through links."""
    suffixes = ENGINES[engine].suffixes
    return _files(tree, folder, lambda name: is_configuration(name, suffixes))


def test_files(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """The same for the tests of a root module: `init` reads them for every plan."""
    below = join(folder, TEST_FOLDER)
    yield from _files(tree, folder, is_test)
    if below is not None:
        yield from ((f"{TEST_FOLDER}/{name}", oid) for name, oid in _files(tree, below, is_test))


def _files(tree: Tree, folder: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for child in tree.children(folder):
        name = child.path.rpartition("/")[2]
        if child.kind == "blob" and wanted(name):
            end = child.path if child.mode in FILES else tree.follow(child.path)
            entry = tree.get(end) if end is not None else None
            if entry is not None and entry.mode in FILES:
                yield name, entry.oid


def module_reach(tree: Tree, facts: Facts, root: str, allowed: tuple[str, ...], registry: str) -> Reach:
    """The root module and every local module that it calls, directly or through others.

    `allowed` are the operator's patterns for remote modules; `registry` is the engine's own.
    """
    folders: dict[str, None] = {root: None}
    problems: list[str] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        read = facts(folder)
        for source in read.calls + (read.test_calls if folder == root else ()):
            called = join(folder, source) if source.startswith(LOCAL) else None
            problem = call_problem(tree, source, called, allowed, registry)
            if problem is not None:
                problems.append(f"the module source {source!r} in {folder} {problem}")
            elif called is not None and called not in folders:
                folders[called] = None
                waiting.append(called)
    return Reach(tuple(folders), tuple(problems))


def call_problem(
    tree: Tree, source: str, called: str | None, allowed: tuple[str, ...], registry: str
) -> str | None:
    """Why a module may not be called with this source; `called` is its folder, if it is local."""
    if not source.startswith(LOCAL):
        return module_flaw(source, allowed, registry)
    if called is None:
        return "points outside the repository"
    link = tree.linked(called)
    if link is not None:
        return f"leads through the link {link}"
    return None if tree.is_folder(called) else "is not a directory in this revision"
