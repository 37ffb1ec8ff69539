"""Recording what a run found in its stack's state for the stacks that use its outputs."""

from runner.model.execution.job import ApplyResult, PlanResult
from runner.model.run.life import Run
from runner.ports.records.outputs import OutputWriter


def record_read_outputs(writer: OutputWriter, run: Run, result: PlanResult) -> None:
    """If they could not be read, the next check tries it again: nobody is given an old value."""
    if result.outputs is not None:
        writer.save_known_outputs(run.stack, run.id, result.outputs)


def record_applied_outputs(writer: OutputWriter, run: Run, result: ApplyResult) -> None:
    """Without an answer nothing is known: an early check reads them for the stacks that wait."""
    if result.state_outputs is not None and result.state_outputs.found:
        writer.save_known_outputs(run.stack, run.id, result.state_outputs)
    else:
        writer.forget_outputs(run.stack)
