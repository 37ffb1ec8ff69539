"""Policies in a source's repository: `.rego` files in the folders that the operator allows."""

from collections.abc import Iterable, Mapping, Sequence

from runner.model.policy.material import LARGEST, LARGEST_FILE, MOST_FILES, PolicyFile, PolicyMaterial
from runner.model.stack.source import TreeEntry
from runner.model.values.paths import TOP, glob, parent, shortened, unsafe

SUFFIX = ".rego"
_FILES = frozenset({"100644", "100755"})  # no links


def by_folder(entries: Iterable[TreeEntry], globs: Sequence[str]) -> dict[str, list[TreeEntry]]:
    """The files of each folder that a glob matches; of nested ones the outermost has them."""
    found: dict[str, list[TreeEntry]] = {}
    for entry in entries:
        if entry.path.endswith(SUFFIX) and (folder := _folder(entry.path, globs)) is not None:
            found.setdefault(folder, []).append(entry)
    return dict(sorted(found.items()))


def _folder(path: str, globs: Sequence[str]) -> str | None:
    folders, above = list[str](), path
    while (above := parent(above)) != TOP:
        folders.append(above)
    return next(
        (one for one in reversed(folders) if any(glob(pattern).matches(one) for pattern in globs)), None
    )


def repository_policy(
    name: str, folder: str, entries: Sequence[TreeEntry], blobs: Mapping[str, bytes]
) -> PolicyMaterial:
    """One folder as a policy; one that is not plain UTF-8 files within the limits says why."""
    problem = ""
    files = list[PolicyFile]()
    for entry in entries:
        content = blobs.get(entry.oid)
        path = entry.path.removeprefix(f"{folder}/")
        if reason := unsafe(entry.path):
            problem = f"{shortened(entry.path)} cannot be read: {reason}"
            continue
        if entry.mode not in _FILES or content is None or len(content) > LARGEST_FILE:
            problem = f"{entry.path} is not a file of up to {LARGEST_FILE >> 10} KiB"
            continue
        try:
            files.append(PolicyFile(path, content.decode()))
        except UnicodeDecodeError:
            problem = f"{entry.path} is not UTF-8"
    if len(files) > MOST_FILES or sum(len(one.text) for one in files) > LARGEST:
        files, problem = [], f"it has more than {MOST_FILES} files or {LARGEST >> 10} KiB of policies"
    return PolicyMaterial(shortened(name), tuple(files), problem=problem, of_repository=True)
