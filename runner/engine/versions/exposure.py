"""Whether others may exchange a program: through its file, a folder above it, or a link that leads to it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runner.errors import EngineExposed

MOST_LINKS = 40  # Linux's own limit


def refuse_exposed(binary: Path, *, engine: str, key: str, path: str) -> None:
    """EngineExposed unless everything on its way belongs to root or to us, and is not writable for everybody."""
    for place, about in way_to(binary):
        if about.st_uid not in {0, os.geteuid()}:
            raise EngineExposed(
                engine=engine,
                key=key,
                path=path,
                place=place,
                how=f"belongs to uid {about.st_uid}",
                mend=f"chown root {place}",
            )
        # In a sticky folder, such as /tmp, only the owner of a file replaces it.
        sticky = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX
        if about.st_mode & stat.S_IWOTH and not stat.S_ISLNK(about.st_mode) and not sticky:
            raise EngineExposed(
                engine=engine,
                key=key,
                path=path,
                place=place,
                how="is writable for everybody",
                mend=f"chmod o-w {place}",
            )


def way_to(binary: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All folders, links and the file that are passed, name by name, as the kernel does."""
    here = Path("/")
    yield here, here.lstat()
    waiting, links = list(reversed(binary.absolute().parts[1:])), 0
    while waiting and links < MOST_LINKS:
        name = waiting.pop()
        if name == "..":
            here = here.parent
            continue
        place = here / name
        try:
            about = place.lstat()
        except OSError:
            return  # asking it says why
        yield place, about
        if stat.S_ISLNK(about.st_mode):
            links += 1
            target = place.readlink()
            here = Path("/") if target.is_absolute() else here
            waiting += reversed(target.parts[1:] if target.is_absolute() else target.parts)
        else:
            here = place
