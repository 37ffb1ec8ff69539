"""What each commit that a branch itself got changed in the one before it."""

from collections.abc import Sequence

from runner.model.preview.landing import NOTHING, FileChange, Step
from runner.source import arguments
from runner.source.command import Call, run
from runner.source.mirror import Mirror

MOST = 1_000  # commits: who merges a review that old is asked again
NO_FILE = "000000"  # a mode


def steps(mirror: Mirror, old: str, new: str) -> list[Step]:
    """`old..new` by first parents, oldest first. Not the oldest ones if there are more than MOST."""
    argv = arguments.first_parents(mirror.path, new, old, MOST)
    lines = mirror.local("rev-list", argv).output.decode().splitlines()
    pairs = [tuple(line.split()[:2]) for line in reversed(lines)]
    # A commit without a parent begins another history.
    pairs = pairs[max((at + 1 for at, pair in enumerate(pairs) if len(pair) == 1), default=0) :]
    changed = _changed(mirror, [f"{revision} {before}" for revision, before in pairs]) if pairs else {}
    return [Step(revision, before, tuple(changed.get(revision, ()))) for revision, before in pairs]


def _changed(mirror: Mirror, pairs: Sequence[str]) -> dict[str, list[FileChange]]:
    call = Call(tuple(arguments.diff_trees(mirror.path)), mirror.path.parent, mirror.timeout)
    ended = run(call, "".join(f"{pair}\n" for pair in pairs).encode())
    output = mirror.checked("diff-tree", ended, (0,)).output
    records = iter(output.decode(errors="surrogateescape").split("\0"))
    found: dict[str, list[FileChange]] = {}
    revision = ""
    for record in records:
        if record.startswith(":"):
            found[revision].append(_file(record, next(records)))
        elif record:
            revision = record
            found[revision] = []
    return found


def _file(record: str, path: str) -> FileChange:
    """Of `:100644 100755 <old id> <new id> M`."""
    old_mode, new_mode, old, new, _ = record.removeprefix(":").split(" ")
    return FileChange(path, _entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: str, oid: str) -> str:
    return NOTHING if mode == NO_FILE else f"{mode} {oid}"
