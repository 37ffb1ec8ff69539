"""What a valid `match` must satisfy, whichever table of rules it belongs to."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.config.repository_path import path_flaw
from runner.model.stack.match import StackMatch


def match_complaints(here: KeyPath, match: StackMatch, sources: tuple[str, ...]) -> Iterator[Complaint]:
    for index, pattern in enumerate(match.stacks):
        if path_flaw(pattern, "", glob=True):
            message = 'expected a stack name or a glob such as "prod/**"'
            yield Complaint((*here, "stacks", index), message)
    for index, pattern in enumerate(match.sources):
        if not any(fnmatchcase(name, pattern) for name in sources):
            yield Complaint((*here, "sources", index), "no such source")
