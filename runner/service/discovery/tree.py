"""The tree of one revision in Git."""

from runner.model.code.tree import LINK, Tree, fitting
from runner.model.settings.source import SourceSettings
from runner.ports.git import Git


def read_tree(git: Git, source: SourceSettings, revision: str) -> Tree:
    """With the targets of its links, which git stores as blobs."""
    entries, unfit = fitting(git.tree(source, revision))
    links = {entry.path: entry.oid for entry in entries if entry.mode == LINK}
    blobs = git.blobs(source, set(links.values())) if links else {}
    targets = {
        path: blobs[oid].decode(errors="surrogateescape") for path, oid in links.items() if oid in blobs
    }
    return Tree(entries, targets, unfit)
