"""Outputs of other states that code reads through `data "terraform_remote_state"`, if its configuration is literal."""

from collections.abc import Iterable, Mapping

from runner.model.outputs.known import KnownOutputs
from runner.model.outputs.taken import Taken
from runner.model.values.frozen import dataclass

ALL = "*"  # the code uses the outputs as one object


@dataclass(frozen=True)
class RemoteRead:
    """A state that the code reads, by the digest of its identity, and the names of the outputs that it uses."""

    reference: str  # data.terraform_remote_state.net
    state: str
    outputs: tuple[str, ...] = ()


def read_through(
    reads: Iterable[RemoteRead], stacks: Mapping[str, str], known: Mapping[str, KnownOutputs]
) -> tuple[Taken, ...]:
    """The outputs of known stacks among them; `stacks` are names by the digest of the state's identity."""
    return tuple(
        Taken(stack, output, reference=read.reference)
        for read in reads
        if (stack := stacks.get(read.state)) is not None
        for name in read.outputs
        for output in (sorted(known[stack].digests) if name == ALL and stack in known else (name,))
    )
