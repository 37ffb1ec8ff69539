"""Who owns a stack by the CODEOWNERS file at the head of its branch."""

from collections.abc import Callable
from functools import cache

from runner.model.forge.codeowners import PLACES, Codeowners, codeowners
from runner.model.settings.source import SourceSettings
from runner.ports.git import Git
from runner.ports.records.store import Store

_REGULAR = frozenset({"100644", "100755"})


def owners_in(store: Store, git: Git, source: SourceSettings) -> Callable[[str], tuple[str, ...]]:
    """By name of the stack. The file is read with the first question."""
    read = cache(lambda: _read(store, git, source))

    def owners(stack: str) -> tuple[str, ...]:
        rules = read()
        with store.reading() as reader:
            return rules.owners(reader.stack(stack).module_path)

    return owners


def _read(store: Store, git: Git, source: SourceSettings) -> Codeowners:
    with store.reading() as reader:
        head = reader.source(source.name).head
    if head is None:
        return Codeowners()
    files = {one.path: one.oid for one in git.tree(source, head) if one.mode in _REGULAR}
    oid = next((files[place] for place in PLACES if place in files), None)
    found = git.blobs(source, [oid]) if oid is not None else {}
    return codeowners(found.get(oid or "", b""))
