"""The newest revision of a stack's source, where it could not be taken: what is shown and planned is an older one."""

from runner.model.stack.definition import Stack
from runner.model.stack.source import SourceStatus
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Unread:
    """`problem` has its place in the code, or says why the source is not trusted."""

    revision: str
    problem: str


def unread(stack: Stack, source: SourceStatus) -> Unread | None:
    if stack.problem is not None:
        return Unread(source.head or stack.revision, stack.problem)
    if source.refused is not None:
        return Unread(source.refused, source.problem or "it is not trusted")
    return None
