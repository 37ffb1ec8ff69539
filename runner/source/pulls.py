"""Pull requests in a mirror: their heads at the remote, and the merge of one into its base."""

import re
from collections.abc import Iterator, Sequence

from runner import failpoint
from runner.errors import GitTooOld
from runner.model.preview.heads import Conflict, Merge, Merged, PullHead, PullHeads
from runner.model.values.paths import shortened
from runner.source import arguments, history
from runner.source.address import check_branch, check_ref
from runner.source.command import Call, Ended, run
from runner.source.failure import failed
from runner.source.mirror import Mirror
from runner.source.room import forget

NUMBER = r"([1-9][0-9]{0,17})"  # fits the database, and each number has one spelling
BRANCH = "refs/heads/"
MERGE_MEMORY = 1 << 30  # it compares contents of both sides
CONFLICTS, USAGE = 1, 129  # exit codes
MAX_PATHS = 50
UNRELATED = "refusing to merge unrelated histories"
WHO = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (("NAME", "Driftline"), ("EMAIL", "driftline@localhost"))
}


def heads(mirror: Mirror, refs: Sequence[str], base: str) -> PullHeads:
    """From one `ls-remote`; BranchMissing without the base."""
    target = check_branch(base)
    found = mirror.remote_refs(target, arguments.BRANCHES, *refs)
    if target not in found:
        raise mirror.branch_missing(base)
    own = {revision for name, revision in found.items() if name.startswith(BRANCH)}
    pulls: dict[int, PullHead] = {}
    for number, name in _numbered(refs, found):
        pulls.setdefault(number, PullHead(number, name, found[name], found[name] in own))
    return PullHeads(found[target], tuple(pulls[number] for number in sorted(pulls)))


def _numbered(refs: Sequence[str], names: dict[str, str]) -> Iterator[tuple[int, str]]:
    for pattern in refs:
        before, _, after = pattern.partition("*")
        expected = re.compile(re.escape(before) + NUMBER + re.escape(after))
        for name in names:
            if match := expected.fullmatch(name):
                yield int(match[1]), name


def fetch(mirror: Mirror, head: PullHead) -> None:
    name = _kept(arguments.PULLS, head.number)
    before = _exactly(mirror, name)
    if before == head.revision:
        return
    if before:
        forget(mirror.path)
    mirror.fetch_refs({check_ref(head.ref): name})


def missing(mirror: Mirror, head: PullHead) -> str:
    """Why the mirror does not have this head, even after a fetch; empty if it does."""
    found = _exactly(mirror, _kept(arguments.PULLS, head.number))
    if found == head.revision:
        return ""
    return f"the remote changed: {head.ref} is no longer the commit {head.revision}"


def _exactly(mirror: Mirror, name: str) -> str:
    argv = arguments.rev_parse(mirror.path, name)
    return mirror.local("rev-parse", argv, allowed=(0, 1, 128)).output.decode().strip()


def merge(mirror: Mirror, number: int, base: str, head: str) -> Merge:
    """Deterministic, so that a merge that was lost with the mirror has the same revision when it is made again."""
    with mirror.changing() as lock:
        found = _tree(mirror, base, head, lock)
        if isinstance(found, Conflict):
            return found
        at = int(history.commit(mirror, head).at.timestamp())
        dates = {"GIT_AUTHOR_DATE": f"@{at} +0000", "GIT_COMMITTER_DATE": f"@{at} +0000"}
        argv = arguments.commit_tree(mirror.path, found, (base, head), f"Merge {head} into {base}")
        call = Call(tuple(argv), mirror.path.parent, mirror.timeout, {**WHO, **dates}, (lock,))
        revision = mirror.checked("commit-tree", run(call), (0,)).output.decode().strip()
        failpoint.reach("merge.before_ref")
        mirror.local(
            "update-ref", arguments.set_ref(mirror.path, _kept(arguments.PREVIEWS, number), revision)
        )
    return Merged(revision, found)


def _tree(mirror: Mirror, base: str, head: str, lock: int) -> str | Conflict:
    argv = tuple(arguments.merge_tree(mirror.path, base, head))
    call = Call(argv, mirror.path.parent, mirror.timeout, fds=(lock,), max_memory=MERGE_MEMORY)
    ended = run(call)
    if ended.code == USAGE:
        raise GitTooOld(source=mirror.source.name, found=_version(mirror))
    if ended.code not in {0, CONFLICTS} and UNRELATED in ended.error:
        return Conflict(())
    tree, *paths = _parts(mirror.checked("merge-tree", ended, (0, CONFLICTS)))
    if not tree:  # also git's answer about a revision that is not in the mirror
        raise failed(mirror.source, "merge-tree", ended.error)
    return Conflict(tuple(shortened(path) for path in paths[:MAX_PATHS])) if ended.code else tree


def _parts(ended: Ended) -> list[str]:
    return ended.output.decode(errors="replace").removesuffix("\0").split("\0")


def _version(mirror: Mirror) -> str:
    return mirror.local("version", arguments.version()).output.decode(errors="replace").strip()


def drop(mirror: Mirror, keep: frozenset[int]) -> None:
    """Forget the heads and merges of all other requests."""
    if not mirror.path.exists():
        return
    with mirror.changing():
        argv = arguments.refs(mirror.path, arguments.PULLS, arguments.PREVIEWS)
        names = mirror.local("for-each-ref", argv).output.decode().split()
        kept = {_kept(within, number) for number in keep for within in (arguments.PULLS, arguments.PREVIEWS)}
        if unneeded := [name for name in names if name not in kept]:
            forget(mirror.path)
            call = Call(tuple(arguments.delete_refs(mirror.path)), mirror.path.parent, mirror.timeout)
            questions = "".join(f"delete {name}\0\0" for name in unneeded).encode()
            mirror.checked("update-ref", run(call, questions), (0,))


def _kept(within: str, number: int) -> str:
    return f"{within}/{number}"
