"""A stack's state, its versions, and the content of one."""

from typing import TYPE_CHECKING

from runner.errors import NoStateYet, NotManaged, StateNotShown, StateVersionNotFound
from runner.model.secret.copies import Secrets
from runner.model.stack.definition import Stack
from runner.model.state.version import StateKey, StateVersion
from runner.ports.records.stacks import StackReader
from runner.ports.records.states import StateReader
from runner.service.execution.known_secrets import newest_known
from runner.service.queue.earlier import earlier_runs

if TYPE_CHECKING:
    from runner.ports.keeping import Artifacts, StateArchive
    from runner.ports.records.runs import RunReader

LARGEST_SHOWN = 16 << 20


def managed(reader: StackReader, name: str) -> Stack:
    """NotManaged if its state is in a backend."""
    stack = reader.stack(name)
    if not stack.managed_state:
        raise NotManaged(stack=name, identity=stack.identity)
    return stack


def shown_content(archive: "StateArchive", stack: Stack, version: StateVersion) -> bytes:
    """StateNotShown for a large one: every value in it is compared with every secret in it."""
    if version.size > LARGEST_SHOWN:
        raise StateNotShown(stack=stack.name, number=version.number, size=version.size, most=LARGEST_SHOWN)
    return archive.get(StateKey.of(stack), version.digest)


def version_of(reader: StateReader, stack: Stack, number: int | None = None) -> StateVersion:
    """The newest one if no number is given; NoStateYet, StateVersionNotFound."""
    kept = reader.state_versions(StateKey.of(stack))
    if not kept:
        raise NoStateYet(stack=stack.name)
    if number is None:
        return kept[0]
    for one in kept:
        if one.number == number:
            return one
    raise StateVersionNotFound(stack=stack.name, number=number)


def hidden_of(reader: "RunReader", artifacts: "Artifacts", stack: Stack) -> Secrets:
    """What contexts gave to its runs: a state has it without a mark."""
    return Secrets.of(newest_known(earlier_runs(reader, stack.name), artifacts).contexts)
