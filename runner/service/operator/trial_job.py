"""The job of a plan that no run makes: of a stack as it is in Git now."""

from runner.errors import BelongsToPool
from runner.model.execution.job import Job, JobSource, Phase
from runner.model.outputs.taken import given
from runner.model.run.life import Kind
from runner.model.settings.context import furnished
from runner.model.stack.definition import Stack
from runner.ports.control import ControlPorts
from runner.service.cycle.placed import placement_of_stack
from runner.service.queue.earlier import earlier_runs
from runner.service.queue.outputs import outputs_of


def trial_job(control: ControlPorts, stack: Stack, kind: Kind, *, instead: str) -> Job:
    """BelongsToPool, if it is not for this host to plan; its hint is what to do `instead`."""
    belongs = placement_of_stack(control.settings, stack)
    if not belongs.here:
        raise BelongsToPool(stack=stack.name, where=belongs.sentence, what="a trial plan", hint=instead)
    source = control.settings.required_source(stack.source)
    with control.store.reading() as reader:
        earlier = earlier_runs(reader, stack.name)
        outputs = outputs_of(reader, stack).known
    return Job(
        run=0,
        phase=Phase.PLAN,
        kind=kind,
        stack=furnished(control.settings.contexts, stack.definition, stack.source),
        source=JobSource.of(source),
        revision=stack.revision,
        module_path=stack.module_path,
        managed_state=stack.managed_state,
        home=stack.folder,
        file=stack.file,
        earlier=earlier,
        takes=given(stack.definition.takes, outputs),
    )
