"""What a run failed at because of its sandbox, and the key that allows it: derived from the error text.

That text is the run's own and untrusted. It determines only which path is named; everything else comes from
the run's labels.
"""

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath, relpath

from runner.model.sandbox.labels import TOP, Access, Confinement, under
from runner.model.sandbox.namespace import ABSENT, View
from runner.model.values.frozen import dataclass

MAX_SENTENCES = 3  # sentences; the others show up once the first path is allowed
_REFUSED = re.compile(r"permission denied|operation not permitted", re.IGNORECASE)
_READ_ONLY = re.compile(r"read-only file system", re.IGNORECASE)
# A hidden folder is empty for the run, so files in it do not exist.
_ABSENT = re.compile(r"no such file or directory|no file exists|does not exist|nonexistent", re.IGNORECASE)
_PATH = re.compile(
    r"""["'\u2018]([^"'\u2018\u2019\n]*/[^"'\u2018\u2019\n]*)["'\u2019]|((?:\.\.?)?/[^\s:"'`,;()\u2018\u2019]*|[\w.-]+/[^\s:"'`,;()\u2018\u2019]*)"""
)
_STATE = re.compile(r"\.tfstate\b|\.tflock\b|\.lock\.info\b")
_KEYLESS = re.compile(r"Permission denied \(publickey|Host key verification failed")
_SSH = "git over ssh cannot see the keys and known hosts of the daemon's user"


@dataclass(frozen=True)
class Surroundings:
    """Absolute paths around one command."""

    module: str  # where it runs
    tree: str
    data_dir: str
    homes: tuple[str, ...]
    seen: Confinement | View

    def private(self, path: str) -> str:
        return self.seen.private(path) if isinstance(self.seen, View) else ""

    @property
    def read_only(self) -> bool:
        """Whether the kernel says "read-only" for a path without write access; Landlock says "permission denied"."""
        return isinstance(self.seen, View)


def denials(texts: Iterable[str], around: Surroundings) -> tuple[str, ...]:
    """Sentences for a person, each with the key that allows the path; none if the sandbox is not the reason."""
    found: dict[str, None] = {}
    for text in texts:
        for line in text.splitlines():
            found |= dict.fromkeys(_of_line(line, around))
    return tuple(found)[:MAX_SENTENCES]


def _of_line(line: str, around: Surroundings) -> Iterator[str]:
    if _KEYLESS.search(line):
        yield f"{_SSH}; `executor.visible: [~/.ssh]` makes them accessible to every run"
        return
    read_only, refused, absent = (pattern.search(line) for pattern in (_READ_ONLY, _REFUSED, _ABSENT))
    if not (read_only or refused or absent):
        return
    # The executing user may lack permission as well: then no key helps.
    unwritable = read_only or (refused and not around.read_only)
    said = read_only or refused or absent
    for named in _named(line, said.start() if said else 0):
        path = normpath(join(around.module, named))
        access = around.seen.access(path)
        if access is Access.NOTHING or (access is Access.READ and unwritable):
            yield _sentence(path, access, around)


def _named(line: str, said: int) -> Iterator[str]:
    """The nearest path before the error words, as in `sh: cannot create /x: Permission denied`; otherwise those after."""
    found = [(match.start(), match[1] or match[2]) for match in _PATH.finditer(line)]
    before = [path for at, path in found if at < said]
    yield from before[-1:] or (path for _, path in found)


def _sentence(path: str, access: Access, around: Surroundings) -> str:
    if own := around.private(path):
        return f"{path} of the machine is hidden: each run has its own empty {own}"
    may_not = "reach" if access is Access.NOTHING else "write"
    return f"it may not {may_not} {path}: {_way(path, around)}"


def _way(path: str, around: Surroundings) -> str:
    if under(path, around.tree):
        return _in_tree(path, around)
    if _STATE.search(path):
        return f"`allow.state_folders: [{dirname(path)}]` of its source lets applies write a state there"
    folder = _folder(path, around)
    hidden_there = under(path, around.data_dir) and not _dotted(path, around)
    if hidden_there or folder is None:
        return "Driftline keeps its own files there, and no setting gives access to them"
    return f"`executor.visible: [{folder}]` lets every run read and write it"


def _in_tree(path: str, around: Surroundings) -> str:
    folder = relpath(dirname(path), around.tree)
    if folder == ".":
        return "runs may write only to their root module, such as to path.root"
    return (
        f"runs may write to their root module, such as to path.root; if this is a module that the stack calls,"
        f" `allow.writable_modules: [{folder}]` of its source allows writing to it"
    )


def _folder(path: str, around: Surroundings) -> str | None:
    """The folder that contains it, or the path itself if allowing the folder would be too much."""
    for one in (dirname(path), path):
        too_much = one in {TOP, *ABSENT, *around.homes} or under(around.data_dir, one)
        if not too_much:
            return one
    return None


def _dotted(path: str, around: Surroundings) -> bool:
    """A dotfile in the home of the service's user, which is its data folder."""
    return around.data_dir in around.homes and relpath(path, around.data_dir).startswith(".")
