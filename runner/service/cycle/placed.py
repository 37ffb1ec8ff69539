"""Where runs and stacks execute: in a pool, or on the host of the daemon."""

from runner.model.run.life import Run, State
from runner.model.run.unclaimed import Unclaimed
from runner.model.settings.placement import HERE, Placement, made_elsewhere, place
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack, StackDefinition
from runner.model.state.served import can_be_served
from runner.ports.records.store import Reader


def placement_of(settings: Settings, reader: Reader, run: Run | Unclaimed) -> Placement:
    """In which pool the run executes."""

    def placed() -> Placement:
        return _placement(settings, reader.definition(run.definition), run.source, managed=run.managed_state)

    return settings.places.of((run.definition, run.source, run.managed_state), placed)


def placement_of_stack(settings: Settings, stack: Stack) -> Placement:
    """Where its next run executes."""
    return _placement(settings, stack.definition, stack.source, managed=stack.managed_state)


def planned_elsewhere(settings: Settings, reader: Reader, run: Run) -> str:
    """Why an approved run has to be planned again where its stack belongs now; empty if it has not."""
    if run.state is not State.APPROVED:
        return ""
    lease = reader.lease(run.id)  # which is kept when it ends
    return made_elsewhere(HERE if lease is None else lease.pool, placement_of(settings, reader, run))


def _placement(settings: Settings, definition: StackDefinition, name: str, *, managed: bool) -> Placement:
    source = settings.source(name)
    allowed = source.allow.pools if source is not None else ()
    found = place(definition, name, allowed, settings.pools)
    if not managed or found.pool == HERE or can_be_served(definition):
        return found
    return Placement(problem=f"a managed state in a workspace cannot be served to pool {found.pool}")
