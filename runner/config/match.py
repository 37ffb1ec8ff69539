"""What a valid `match` must satisfy, whichever table of rules it belongs to."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from runner.config.check import Complaint
from runner.config.place import KeyPath
from runner.config.repository_path import path_flaw
from runner.model.stack.match import StackMatch
from runner.model.values.paths import LONGEST_GLOB


def stack_glob_complaints(here: KeyPath, patterns: Iterable[str]) -> Iterator[Complaint]:
    for index, pattern in enumerate(patterns):
        if len(pattern) > LONGEST_GLOB:
            yield Complaint((*here, index), f"expected at most {LONGEST_GLOB} characters", got=False)
        elif path_flaw(pattern, "", glob=True):
            yield Complaint((*here, index), 'expected a stack name or a glob such as "prod/**"')


def match_complaints(here: KeyPath, match: StackMatch, sources: tuple[str, ...]) -> Iterator[Complaint]:
    yield from stack_glob_complaints((*here, "stacks"), match.stacks)
    for index, pattern in enumerate(match.sources):
        if not any(fnmatchcase(name, pattern) for name in sources):
            yield Complaint((*here, "sources", index), "no such source")
