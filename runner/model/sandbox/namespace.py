"""What a run sees in its own namespaces: a read-only machine, a few empty folders, and its own paths.

A mount hides or shows a path with everything below it, so the nearest label counts as with Landlock, and one
mount per label is enough: nothing has to be listed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import Enum

from runner.model.sandbox.labels import TOP, Access, Labels, nearest, parents, under
from runner.model.values.frozen import dataclass

# The run gets private ones: writable memory of limited size, or harmless device files.
PRIVATE = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - their names, inside
# Sockets of services, and what systemd keeps for each user and unit.
ABSENT = ("/run",)
# Name resolution uses the files and sockets in these, which hold nothing secret.
RESOLVERS = ("/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/run/nscd")


EMPTY: Labels = dict.fromkeys((*PRIVATE, *ABSENT), Access.NOTHING)


class Kind(Enum):
    """What exists at a path now."""

    NOTHING = "nothing"
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True)
class Shown:
    """One mount; those of the folders around it come first."""

    path: str
    access: Access
    folder: bool
    source: str = ""  # its path on the machine, if different

    @property
    def machine(self) -> str:
        return self.source or self.path


@dataclass(frozen=True)
class View:
    """Everything visible in the namespaces, in mount order."""

    mounts: tuple[Shown, ...]
    moved: tuple[str, str] | None = None  # a folder of the machine, and the path where the run sees it
    network: bool = True

    @property
    def shared(self) -> tuple[str, ...]:
        """Writable paths that belong to the machine, as the machine names them."""
        return tuple(one.machine for one in self.mounts if one.access is Access.WRITE)

    def with_moved(self, folder: str, seen: str) -> "View":
        """The same with a folder, and everything shown in it, at another path."""
        return View(
            tuple(
                replace(one, path=_elsewhere(one.path, folder, seen), source=one.path)
                if under(one.path, folder)
                else one
                for one in self.mounts
            ),
            (folder, seen),
            self.network,
        )

    def inside(self, path: str) -> str:
        """Where the run sees a path of the machine."""
        return _elsewhere(path, *self.moved) if self.moved and under(path, self.moved[0]) else path

    def argument(self, word: str) -> str:
        """An argument of its command, with paths as it sees them."""
        option, equals, path = word.rpartition("=")
        return f"{option}{equals}{self.inside(path)}"

    def access(self, path: str) -> Access:
        """The run's access to a path; it may write to its private folders."""
        return nearest(self._labels(), path)

    def private(self, path: str) -> str:
        """The private folder that the run sees instead of the machine's; empty if there is none."""
        labels = self._labels()
        found = next(one for one in (path, *parents(path)) if one in labels)
        return found if found in PRIVATE else ""

    def _labels(self) -> dict[str, Access]:
        return {TOP: Access.READ, **EMPTY, **{one.path: one.access for one in self.mounts}}

    def with_writable(self, folder: str) -> "View":
        """The same with this folder writable, wherever it lies."""
        return replace(self, mounts=(*self.mounts, Shown(folder, Access.WRITE, folder=True)))

    def with_files(self, paths: Iterable[str]) -> "View":
        """The same with these files readable, wherever they lie."""
        files = (Shown(path, Access.READ, folder=False) for path in paths)
        return replace(self, mounts=(*self.mounts, *files))


def _elsewhere(path: str, folder: str, seen: str) -> str:
    return seen + path[len(folder) :]


def view(labels: Labels, kind: Callable[[str], Kind]) -> View:
    """The mounts that implement the labels. Missing paths are left out."""
    return View(tuple(_mounts({**dict.fromkeys(RESOLVERS, Access.READ), **labels}, kind)))


def _mounts(labels: Mapping[str, Access], kind: Callable[[str], Kind]) -> Iterator[Shown]:
    before = {TOP: Access.READ, **EMPTY}
    for path in sorted(labels):  # a folder comes before its contents
        access = labels[path]
        if path in before or access is nearest(before, path):
            before.setdefault(path, access)
            continue
        found = kind(path)
        if found is not Kind.NOTHING:
            before[path] = access
            yield Shown(path, access, found is Kind.FOLDER)
