"""Other stacks' states that a stack's code reads, as far as it says literally where they are."""

from collections.abc import Iterator

from runner.model.code.identity import place_of
from runner.model.code.scan import Code, Module
from runner.model.outputs.remote import RemoteRead
from runner.model.values.paths import TOP


def remote_reads(code: Code) -> tuple[RemoteRead, ...]:
    """Of its root module and the local modules that it calls."""
    return tuple(
        read for module in code.modules for read in _of_module(module, root=module is code.modules[0])
    )


def _of_module(module: Module, *, root: bool) -> Iterator[RemoteRead]:
    for state in module.facts.remote_states:
        where = place_of(state.backend.type, state.backend.settings, state.workspace)
        # An address in another module is not one that a plan of the root module uses.
        prefix = "" if root or module.folder == TOP else f"{module.folder}: "
        if state.outputs:
            yield RemoteRead(f"{prefix}{state.reference}", where.digest, state.outputs)
