"""Where the files go: a new one is written, one that is there stays, unless somebody says otherwise."""

import difflib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from runner.errors import Conflict
from runner.host.files import read_foreign, write_new, write_whole
from runner.model.adopt.outcome import Placed

_LARGEST = 1 << 20


def placed(out: Path, texts: Mapping[str, str]) -> list[Placed]:
    return [_placed(out, path, texts[path]) for path in sorted(texts)]


def _placed(out: Path, path: str, text: str) -> Placed:
    place = out / path
    old = ""
    if place.is_symlink() or place.exists():
        with suppress(OSError, UnicodeDecodeError):
            old = read_foreign(place, _LARGEST).decode()
        if old == text:
            return Placed(path, text, "same")
    else:
        return Placed(path, text, "new", tuple(_difference(path, "", text)))
    return Placed(path, text, "differs", tuple(_difference(path, old, text)))


def _difference(path: str, old: str, new: str) -> Iterable[str]:
    before = "/dev/null" if not old else f"{path} (there)"
    return difflib.unified_diff(old.splitlines(), new.splitlines(), before, f"{path} (new)", lineterm="")


def write(out: Path, files: Iterable[Placed], *, replace: bool) -> None:
    """Each file at once or not at all; a file that is there is only replaced on request."""
    for file in files:
        place = out / file.path
        if not place.parent.resolve().is_relative_to(out.resolve()):
            raise Conflict(
                f"{file.path} is behind a symlink that leads out of {out}", hint="driftline import --diff"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        if replace and file.state == "differs":
            write_whole(place, file.text.encode(), private=False)
        elif file.state == "new":
            write_new(place, file.text.encode())
