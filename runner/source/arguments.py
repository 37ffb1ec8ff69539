"""Git's command lines: fixed words, validated names, and no options from untrusted text."""

from collections.abc import Iterable, Mapping
from pathlib import Path

# Set on every command line, which overrides every configuration file.
CONFIG: dict[str, str] = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.fsync": "committed",  # no ref names an object that a power failure can take away
    "core.symlinks": "false",
    "core.logAllRefUpdates": "false",
    "core.bigFileThreshold": "32m",  # larger ones are streamed, not held in memory
    "credential.helper": "",
    "fetch.unpackLimit": "1",  # one pack per fetch, however small, with a size that can be limited
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",  # an exact revision stays readable after a force-push
    "http.followRedirects": "false",  # no other host gets the token, and no internal one is reached
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "http.sslVerify": "true",
    "maintenance.auto": "false",
    "merge.renameLimit": "1000",  # it compares each new file with each missing one
    "pack.threads": "2",  # each uses its own memory, which is limited
    "protocol.version": "2",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
}

# Untidy, harmless, and in the history of many old repositories: they must not make a source unreadable.
TOLERATED: tuple[str, ...] = (
    "badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "missingEmail", "missingNameBeforeEmail",
    "missingSpaceBeforeDate", "missingSpaceBeforeEmail", "multipleAuthors", "zeroPaddedDate", "zeroPaddedFilemode",
)  # fmt: skip

# Names that a checkout must not write, and files that git would obey there. There is no checkout here: our
# own export leaves such paths out. If the fetch refused them, one stack's path would stop its source for
# good, since a revert leaves it in the history.
HARMLESS_HERE: tuple[str, ...] = (
    "duplicateEntries", "emptyName", "fullPathname", "gitattributesBlob", "gitattributesLarge", "gitattributesLineLength",
    "gitattributesMissing", "gitmodulesBlob", "gitmodulesLarge", "gitmodulesMissing", "gitmodulesName", "gitmodulesParse",
    "gitmodulesPath", "gitmodulesSymlink", "gitmodulesUpdate", "gitmodulesUrl", "hasDot", "hasDotdot", "hasDotgit",
    "treeNotSorted",
)  # fmt: skip

BRANCHES = "refs/heads/*"
KEPT = "refs/keep"
AMENDED = "refs/driftline/amended"
PULLS, PREVIEWS = "refs/driftline/pulls", "refs/driftline/previews"
HEAD = "refs/mirror/head"  # one fixed name, so that a renamed branch never collides with an older one
COMMIT_FORMAT = "%H%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%s%x00%e%x00%(trailers:key=Co-authored-by,valueonly,separator=%x1f)"


def _git(git_dir: Path | None) -> list[str]:
    options = [word for name, value in CONFIG.items() for word in ("-c", f"{name}={value}")]
    return ["git", "--no-pager", *([f"--git-dir={git_dir}"] if git_dir else []), *options]


def ls_remote(url: str, *refs: str) -> list[str]:
    """For branches alone the remote need not name its other refs; pull requests can be a hundred thousand."""
    only = ["--heads"] if all(ref.startswith("refs/heads/") for ref in refs) else []
    return [*_git(None), "ls-remote", "--exit-code", *only, "--end-of-options", url, *refs]


def default_branch(url: str) -> list[str]:
    return [*_git(None), "ls-remote", "--symref", "--end-of-options", url, "HEAD"]


def init(git_dir: Path, object_format: str) -> list[str]:
    return [
        *_git(git_dir), "init", "--quiet", "--bare", "--template=", f"--object-format={object_format}",
        "--initial-branch=main",
    ]  # fmt: skip


def fetch(git_dir: Path, url: str, refs: Mapping[str, str]) -> list[str]:
    """`refs`: what to fetch, and its name in the mirror."""
    tolerated = [word for name in TOLERATED + HARMLESS_HERE for word in ("-c", f"fetch.fsck.{name}=ignore")]
    return [
        *_git(git_dir), *tolerated, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
        "--no-auto-gc", "--no-show-forced-updates", "--end-of-options", url,
        *(f"+{ref}:{name}" for ref, name in refs.items()),
    ]  # fmt: skip


def rev_parse(git_dir: Path, expression: str) -> list[str]:
    commit = f"{expression}^{{commit}}"
    return [*_git(git_dir), "rev-parse", "--verify", "--quiet", "--end-of-options", commit]


def tree_id(git_dir: Path, revision: str) -> list[str]:
    return [*_git(git_dir), "rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}"]


def is_ancestor(git_dir: Path, old: str, new: str) -> list[str]:
    return [*_git(git_dir), "merge-base", "--is-ancestor", "--end-of-options", old, new]


def version() -> list[str]:
    return [*_git(None), "version"]


def merge_tree(git_dir: Path, base: str, head: str) -> list[str]:
    """The tree of the merge; if there are conflicts, then also their paths."""
    return [
        *_git(git_dir), "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages",
        "--end-of-options", base, head,
    ]  # fmt: skip


def commit_tree(git_dir: Path, tree: str, parents: Iterable[str], message: str) -> list[str]:
    given = [word for parent in parents for word in ("-p", parent)]
    return [*_git(git_dir), "commit-tree", "--no-gpg-sign", *given, "-m", message, tree]


def read_tree(git_dir: Path, revision: str) -> list[str]:
    """Into the index that the environment names."""
    return [*_git(git_dir), "read-tree", revision]


def hash_object(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "hash-object", "-w", "--stdin"]


def update_index(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "update-index", "-z", "--index-info"]


def write_tree(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "write-tree"]


def push(git_dir: Path, url: str, revision: str, ref: str) -> list[str]:
    """Without force: nothing at the remote is overwritten."""
    return [
        *_git(git_dir), "push", "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no", "--end-of-options", url,
        f"{revision}:{ref}",
    ]  # fmt: skip


def set_ref(git_dir: Path, ref: str, revision: str) -> list[str]:
    return [*_git(git_dir), "update-ref", "--end-of-options", ref, revision]


def delete_refs(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "update-ref", "--stdin", "-z"]


def refs(git_dir: Path, *within: str) -> list[str]:
    return [*_git(git_dir), "for-each-ref", "--format=%(refname)", *within]


def fsck(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "fsck", "--connectivity-only", "--no-dangling", "--no-progress"]


def repack(git_dir: Path) -> list[str]:
    """Combine small packs into larger ones, keeping all objects: nothing is pruned."""
    return [*_git(git_dir), "repack", "--quiet", "--geometric=2", "-d", "--no-write-bitmap-index"]


def repack_all(git_dir: Path) -> list[str]:
    """One pack with everything that refs name, and nothing else."""
    return [*_git(git_dir), "repack", "--quiet", "-a", "-d", "--no-write-bitmap-index"]


def prune(git_dir: Path) -> list[str]:
    """Remove loose objects that no ref names."""
    return [*_git(git_dir), "prune", "--expire=now"]


def pack_objects(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "pack-objects", "--revs", "--stdout", "--delta-base-offset", "--quiet"]


def one_revision(revision: str) -> bytes:
    """For the standard input of `pack_objects`: the commit with its tree, as a shallow clone gets it."""
    return f"--shallow {revision}\n{revision}\n".encode()


def index_pack(git_dir: Path, pack: Path) -> list[str]:
    return [*_git(git_dir), "index-pack", str(pack)]


def rev_list(git_dir: Path, new: str, old: str | None, limit: int) -> list[str]:
    """`old..new`, or all of `new`, newest first."""
    return [
        *_git(git_dir), "rev-list", f"--max-count={limit}", "--end-of-options", new, *([f"^{old}"] if old else []), "--",
    ]  # fmt: skip


def first_parents(git_dir: Path, new: str, old: str, limit: int) -> list[str]:
    """`old..new` without what merges brought in, newest first, each with its parents."""
    return [
        *_git(git_dir), "rev-list", "--first-parent", "--parents", f"--max-count={limit}", "--end-of-options", new, f"^{old}",
        "--",
    ]  # fmt: skip


def diff_trees(git_dir: Path) -> list[str]:
    """Of each commit and parent that standard input names: the files that differ."""
    return [*_git(git_dir), "diff-tree", "--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames"]


def ls_tree(git_dir: Path, revision: str) -> list[str]:
    return [*_git(git_dir), "ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", revision]


def cat_file(git_dir: Path) -> list[str]:
    return [*_git(git_dir), "cat-file", "--batch", "--buffer"]


def log(
    git_dir: Path, new: str, old: str | None = None, *options: str, places: Iterable[str] = ()
) -> list[str]:
    """`old..new`, or all of `new`. Porcelain because of its trailers; decorations are switched off."""
    return [
        *_git(git_dir), "--literal-pathspecs", "log", "-z", "--no-patch", "--no-color", "--no-decorate",
        "--no-show-signature", "--no-mailmap", "--encoding=UTF-8", f"--format=tformat:{COMMIT_FORMAT}", *options,
        "--end-of-options", new, *([f"^{old}"] if old else []), "--", *places,
    ]  # fmt: skip
