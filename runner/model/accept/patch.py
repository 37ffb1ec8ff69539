"""A patch that `git apply` takes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff

from runner.model.values.frozen import dataclass

_NOT_IN_BRANCHES = re.compile(r"[^a-z0-9/-]+|(?<=/)-|/{2,}|[-/]+$")
_DIGEST = 8


@dataclass(frozen=True)
class Edited:
    """A file before and after; its bytes as they are in Git."""

    path: str
    before: bytes
    after: bytes
    is_new: bool = False


def branch_name(prefix: str, stack: str, patch: bytes) -> str:
    """The same for the same change."""
    return f"{prefix}/{_NOT_IN_BRANCHES.sub('-', stack)}/{hashlib.sha256(patch).hexdigest()[:_DIGEST]}"


def patch(files: Mapping[str, Edited]) -> bytes:
    """In the order of the paths; of files that are not text it would not be one."""
    return b"".join(b"".join(_of(files[path])) for path in sorted(files))


def _of(file: Edited) -> Iterator[bytes]:
    if file.before == file.after:
        return
    name = file.path.encode("utf-8", "surrogateescape")
    yield b"diff --git a/%b b/%b\n" % (name, name)
    sides = [one.decode("utf-8", "surrogateescape") for one in (file.before, file.after)]
    old, new = ([f"{line}\n" for line in side.split("\n")] for side in sides)
    for lines, side in ((old, sides[0]), (new, sides[1])):
        # `split` leaves an empty last line where the text ends with a newline.
        lines[-1:] = [] if side.endswith("\n") or not side else [lines[-1][:-1]]
    tab = "\t" if " " in file.path else ""  # as git ends a name with blanks
    if file.is_new:
        yield b"new file mode 100644\n"
    there = "/dev/null" if file.is_new else f"a/{file.path}{tab}"
    for line in unified_diff(old, new, there, f"b/{file.path}{tab}"):
        yield line.encode("utf-8", "surrogateescape")
        if not line.endswith("\n"):
            yield b"\n\\ No newline at end of file\n"
