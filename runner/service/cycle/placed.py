"""Where runs and stacks execute: in a pool, or on the host of the daemon."""

from runner.model.run.life import Run, State
from runner.model.settings.placement import HERE, Placement, made_elsewhere, place
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.state.served import can_be_served
from runner.ports.records.store import Reader


def placement_of(settings: Settings, reader: Reader, run: Run) -> Placement:
    """In which pool the run executes."""
    allowed = _allowed_pools(settings, run.source)
    found = settings.places.of(run.definition, run.source, allowed, lambda: reader.definition(run.definition))
    if run.managed_state and found.pool != HERE:
        return _servable(found, reader.definition(run.definition))
    return found


def placement_of_stack(settings: Settings, stack: Stack) -> Placement:
    """Where its next run executes."""
    allowed = _allowed_pools(settings, stack.source)
    found = place(stack.definition, stack.source, allowed, settings.pools)
    return _servable(found, stack.definition) if stack.managed_state and found.pool != HERE else found


def planned_elsewhere(settings: Settings, reader: Reader, run: Run) -> str:
    """Why an approved run has to be planned again where its stack belongs now; empty if it has not."""
    if run.state is not State.APPROVED:
        return ""
    lease = reader.lease(run.id)  # which is kept when it ends
    return made_elsewhere(HERE if lease is None else lease.pool, placement_of(settings, reader, run))


def _allowed_pools(settings: Settings, name: str) -> tuple[str, ...]:
    source = settings.source(name)
    return source.allow.pools if source is not None else ()


def _servable(found: Placement, definition: StackDefinition) -> Placement:
    if can_be_served(definition):
        return found
    return Placement(problem=f"a managed state in a workspace cannot be served to pool {found.pool}")
