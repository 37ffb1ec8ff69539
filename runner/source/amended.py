"""Commits that Driftline makes itself: a revision with some files exchanged, and its branch at the remote."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from runner import failpoint
from runner.errors import GitFailed
from runner.source import arguments, history
from runner.source.address import check_branch
from runner.source.command import Call, run
from runner.source.mirror import Mirror
from runner.source.pulls import WHO
from runner.source.room import forget
from runner.source.tree import read_tree


def amend(mirror: Mirror, base: str, files: Mapping[str, bytes], message: str) -> str:
    """A commit on top of `base`, at the time of that one: the same change is the same commit."""
    with mirror.changing() as lock, tempfile.TemporaryDirectory(dir=mirror.path.parent) as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        modes = {
            entry.path: entry.mode
            for entry in read_tree(_git(mirror, arguments.ls_tree(mirror.path, base), lock))
        }
        _git(mirror, arguments.read_tree(mirror.path, base), lock, extra=index)
        lines = b""
        for path, content in sorted(files.items()):
            blob = _git(mirror, arguments.hash_object(mirror.path), lock, content).decode().strip()
            lines += f"{modes.get(path, '100644')} {blob}\t{path}\0".encode(errors="surrogateescape")
        _git(mirror, arguments.update_index(mirror.path), lock, lines, extra=index)
        tree = _git(mirror, arguments.write_tree(mirror.path), lock, extra=index).decode().strip()
        at = int(history.commit(mirror, base).at.timestamp())
        dates = {"GIT_AUTHOR_DATE": f"@{at} +0000", "GIT_COMMITTER_DATE": f"@{at} +0000"}
        argv = arguments.commit_tree(mirror.path, tree, (base,), message)
        revision = _git(mirror, argv, lock, extra={**WHO, **dates}).decode().strip()
        failpoint.reach("amend.before_ref")
        mirror.local("update-ref", arguments.set_ref(mirror.path, _kept(revision), revision))
        return revision


def drop_amended(mirror: Mirror, revision: str) -> None:
    """Nothing needs it any more."""
    with mirror.changing():
        forget(mirror.path)
        call = Call(tuple(arguments.delete_refs(mirror.path)), mirror.path.parent, mirror.timeout)
        mirror.checked("update-ref", run(call, f"delete {_kept(revision)}\0\0".encode()), (0,))


def push(mirror: Mirror, revision: str, branch: str) -> None:
    """A new branch at the remote; nothing that is there is overwritten. GitFailed if the remote refuses."""
    ref = check_branch(branch)
    known = mirror.remote_refs(ref).get(ref)
    if known == revision:
        return
    if known is not None:
        raise GitFailed(
            command="push",
            source=mirror.source.name,
            problem=f"the remote has {branch} at another commit: the source has moved since, or somebody changed it",
            hint=f"merge that branch, or delete it:   git push --delete origin {branch}",
        )
    try:
        mirror.push(revision, ref)
    except GitFailed:
        # Somebody else may have pushed the same commit in between.
        if mirror.remote_refs(ref).get(ref) != revision:
            raise


def _git(
    mirror: Mirror,
    argv: list[str],
    lock: int,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
) -> bytes:
    call = Call(tuple(argv), mirror.path.parent, mirror.timeout, extra or {}, (lock,))
    return mirror.checked(argv[-1], run(call, stdin), (0,)).output


def _kept(revision: str) -> str:
    return f"{arguments.AMENDED}/{revision}"
