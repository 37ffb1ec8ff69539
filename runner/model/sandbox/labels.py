"""What a run may touch on this machine: labels on paths, of which the nearest above a file counts.

The kernel's Landlock knows permissions only, each for a folder with all that is below it. So a folder with something
more private inside is not allowed as a whole, but child by child: "everything but these" as a list of paths.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

TOP = "/"
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Access(IntEnum):
    """What may be done with files; looking at names and starting programs is not governed."""

    NOTHING = 0
    READ = 1
    WRITE = 2  # and read


# Absolute paths without symlinks, as texts: there are hundreds, before each start of a process.
Labels = Mapping[str, Access]
Listing = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Confinement:
    """All that is allowed, for each folder with everything below it. A path without a file is left out."""

    read: tuple[str, ...]
    write: tuple[str, ...]  # and read

    def access(self, path: str) -> Access:
        """What the run may do at a path."""
        if any(under(path, folder) for folder in self.write):
            return Access.WRITE
        return Access.READ if any(under(path, folder) for folder in self.read) else Access.NOTHING


@dataclass(frozen=True)
class Mount:
    """What of which file system is seen where."""

    device: str
    root: str
    point: str


def nearest(labels: Labels, path: str) -> Access:
    """The access that labels give to a path; all of it where none of them is above."""
    return next((labels[above] for above in (path, *parents(path)) if above in labels), Access.WRITE)


def confinement(labels: Labels, listing: Listing) -> Confinement:
    """The paths that have to be allowed; `listing` gives a folder's children that are no symlinks.

    What appears later in a folder that was gone through child by child is not allowed, so nothing can be made there.
    """
    allowed = dict(_Walk(labels, listing).allowed(TOP, labels.get(TOP, Access.WRITE), Access.NOTHING))
    return Confinement(
        read=tuple(sorted(path for path, access in allowed.items() if access is Access.READ)),
        write=tuple(sorted(path for path, access in allowed.items() if access is Access.WRITE)),
    )


class _Walk:
    def __init__(self, labels: Labels, listing: Listing) -> None:
        self.labels, self.listing = labels, listing
        # For each folder above a label: the steps on the way down, and the least that is said below.
        self.ways: dict[str, set[str]] = {}
        self.least: dict[str, Access] = {}
        for label, access in labels.items():
            step = label
            for above in parents(label):
                self.ways.setdefault(above, set()).add(step)
                self.least[above] = min(access, self.least.get(above, access))
                step = above

    def allowed(self, path: str, access: Access, given: Access) -> Iterator[tuple[str, Access]]:
        """`given` is what was allowed with a folder above already."""
        children: Iterable[str] = self.ways.get(path, ())
        if self.least.get(path, access) < access:
            # Those on the way too: a folder may be entered that cannot be listed.
            children = {*children, *self.listing(path)}
        elif access > given:
            given = access
            yield path, access
        for child in children:
            yield from self.allowed(child, self.labels.get(child, access), given)


def everywhere(labels: Labels, mounts: Iterable[Mount]) -> dict[str, Access]:
    """With what is restricted restricted too where another mount shows it: a label is on a path, not on a file."""
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
    here = mounts[max(ways)[1]]  # of two on one folder the later one is seen
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
    """The path below another folder that it is below this one."""
    below = path[len(folder.rstrip("/")) :]
    return f"{other.rstrip('/')}{below}".rstrip("/") or TOP


def parents(path: str) -> Iterator[str]:
    while path != TOP:
        path = path[: path.rindex("/")] or TOP
        yield path


def read_mounts(text: str) -> Iterator[Mount]:
    """The lines of /proc/self/mountinfo, as proc(5) has them."""
    for line in text.splitlines():
        match line.split(" ", 5):
            case [_, _, device, root, point, _]:
                yield Mount(device, _plain(root), _plain(point))


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)
