"""A patch that `git apply` takes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff

from runner.model.changes.changes import MASK
from runner.model.secret.copies import Secrets
from runner.model.values.frozen import dataclass

_NOT_IN_BRANCHES = re.compile(r"[^a-z0-9/-]+|(?<=/)-|/{2,}|[-/]+$")
_DIGEST = 8
_UNUSUAL = re.compile(r'[\x00-\x1f"\\\x7f]')
_NAMED = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
_ESCAPES = {
    **{code: f"\\{code:03o}" for code in (*range(0x20), 0x7F)},
    **{ord(one): f"\\{name}" for one, name in _NAMED.items()},
}


@dataclass(frozen=True)
class Edited:
    """A file before and after; its bytes as they are in Git."""

    path: str
    before: bytes
    after: bytes
    is_new: bool = False


def reveals(files: Mapping[str, Edited], secrets: Secrets) -> bool:
    """Whether something that is known as a secret is in a file now and was not there before."""
    return any(_secrets_in(one.after, secrets) > _secrets_in(one.before, secrets) for one in files.values())


def _secrets_in(content: bytes, secrets: Secrets) -> int:
    return str(secrets.scrub(content.decode("utf-8", "surrogateescape"))).count(MASK)


def branch_name(prefix: str, stack: str, patch: bytes) -> str:
    """The same for the same change."""
    return f"{prefix}/{_NOT_IN_BRANCHES.sub('-', stack)}/{hashlib.sha256(patch).hexdigest()[:_DIGEST]}"


def patch(files: Mapping[str, Edited]) -> bytes:
    """In the order of the paths; of files that are not text it would not be one."""
    return b"".join(b"".join(_of(files[path])) for path in sorted(files))


def _quoted(name: str) -> str:
    """As git quotes the name of a file: like a string of C, if it needs that."""
    return f'"{name.translate(_ESCAPES)}"' if _UNUSUAL.search(name) else name


def _of(file: Edited) -> Iterator[bytes]:
    if file.before == file.after:
        return
    old_name, new_name = (_quoted(f"{side}/{file.path}") for side in "ab")
    yield f"diff --git {old_name} {new_name}\n".encode("utf-8", "surrogateescape")
    sides = [one.decode("utf-8", "surrogateescape") for one in (file.before, file.after)]
    old, new = ([f"{line}\n" for line in side.split("\n")] for side in sides)
    for lines, side in ((old, sides[0]), (new, sides[1])):
        # `split` leaves an empty last line where the text ends with a newline.
        lines[-1:] = [] if side.endswith("\n") or not side else [lines[-1][:-1]]
    tab = "\t" if " " in file.path and not new_name.startswith('"') else ""  # as git ends a name with blanks
    if file.is_new:
        yield b"new file mode 100644\n"
    there = "/dev/null" if file.is_new else f"{old_name}{tab}"
    for line in unified_diff(old, new, there, f"{new_name}{tab}"):
        yield line.encode("utf-8", "surrogateescape")
        if not line.endswith("\n"):
            yield b"\n\\ No newline at end of file\n"
