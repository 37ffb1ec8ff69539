"""What a run may access on this machine: labels on paths, of which the nearest one above a file counts.

The kernel's Landlock only knows permissions, each for a folder with everything below it. So a folder with
something more private inside is not allowed as a whole, but child by child: "everything but these" as a list
of paths.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum

from runner.model.values.frozen import dataclass

TOP = "/"
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Access(IntEnum):
    """Access to files; listing names and starting programs are not governed."""

    NOTHING = 0
    READ = 1
    WRITE = 2  # including read


# Absolute paths without symlinks, as texts: hundreds of them are handled before each process start.
Labels = Mapping[str, Access]
Listing = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Confinement:
    """Everything that is allowed, for each folder with everything below it. Missing paths are left out."""

    read: tuple[str, ...]
    write: tuple[str, ...]  # including read

    def access(self, path: str) -> Access:
        """The run's access to a path."""
        if any(under(path, folder) for folder in self.write):
            return Access.WRITE
        return Access.READ if any(under(path, folder) for folder in self.read) else Access.NOTHING


@dataclass(frozen=True)
class Mount:
    """What part of which file system is mounted where."""

    device: str
    root: str
    point: str


def nearest(labels: Labels, path: str) -> Access:
    """The access that labels grant to a path; full access if no label is above it."""
    return next((labels[above] for above in (path, *parents(path)) if above in labels), Access.WRITE)


def confinement(labels: Labels, listing: Listing) -> Confinement:
    """The paths to allow; `listing` gives a folder's children that are not symlinks.

    Nothing that appears later in a folder handled child by child is allowed, so nothing can be created there.
    """
    allowed = dict(_Walk(labels, listing).allowed(TOP, labels.get(TOP, Access.WRITE), Access.NOTHING))
    return Confinement(
        read=tuple(sorted(path for path, access in allowed.items() if access is Access.READ)),
        write=tuple(sorted(path for path, access in allowed.items() if access is Access.WRITE)),
    )


class _Walk:
    def __init__(self, labels: Labels, listing: Listing) -> None:
        self.labels, self.listing = labels, listing
        # For each folder above a label: the steps down, and the lowest access below.
        self.ways: dict[str, set[str]] = {}
        self.lowest: dict[str, Access] = {}
        for label, access in labels.items():
            step = label
            for above in parents(label):
                self.ways.setdefault(above, set()).add(step)
                self.lowest[above] = min(access, self.lowest.get(above, access))
                step = above

    def allowed(self, path: str, access: Access, given: Access) -> Iterator[tuple[str, Access]]:
        """`given` was allowed with a folder above already."""
        children: Iterable[str] = self.ways.get(path, ())
        if self.lowest.get(path, access) < access:
            # Also folders on the way: one may be entered that cannot be listed.
            children = {*children, *self.listing(path)}
        elif access > given:
            given = access
            yield path, access
        for child in children:
            yield from self.allowed(child, self.labels.get(child, access), given)


def everywhere(labels: Labels, mounts: Iterable[Mount]) -> dict[str, Access]:
    """Restrictions also apply where another mount shows the same files: a label is on a path, not on a file."""
    known = tuple(mounts)
    found = dict(labels)
    for path, access in labels.items():
        if access is not Access.WRITE:
            for other in _elsewhere(path, known):
                found.setdefault(other, access)
    return found


def _elsewhere(path: str, mounts: tuple[Mount, ...]) -> Iterator[str]:
    ways = [(len(mount.point), index) for index, mount in enumerate(mounts) if under(path, mount.point)]
    if not ways:
        return
    here = mounts[max(ways)[1]]  # of two mounts on one folder the later one is visible
    inside = _moved(path, here.point, here.root)
    for mount in mounts:
        if mount.device == here.device:
            if under(inside, mount.root):
                other = _moved(inside, mount.root, mount.point)
            elif under(mount.root, inside):
                other = mount.point
            else:
                continue
            if not under(other, path):
                yield other


def under(path: str, folder: str) -> bool:
    return folder in {TOP, path} or path.startswith(f"{folder}/")


def _moved(path: str, folder: str, other: str) -> str:
    """The path below `other` that corresponds to one below `folder`."""
    below = path[len(folder.rstrip("/")) :]
    return f"{other.rstrip('/')}{below}".rstrip("/") or TOP


def parents(path: str) -> Iterator[str]:
    while path != TOP:
        path = path[: path.rindex("/")] or TOP
        yield path


def read_mounts(text: str) -> Iterator[Mount]:
    """The lines of /proc/self/mountinfo, see proc(5)."""
    for line in text.splitlines():
        match line.split(" ", 5):
            case [_, _, device, root, point, _]:
                yield Mount(device, _plain(root), _plain(point))


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)
