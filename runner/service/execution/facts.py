"""The engine-side facts that an apply would start from now."""

from pathlib import Path

from runner.errors import EngineFailed
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import error_summary
from runner.model.execution.job import PlanResult
from runner.ports.engine import EngineError, Execution
from runner.ports.worker import WorkerPorts


def facts_now(
    ports: WorkerPorts, execution: Execution, plan_file: Path, fresh: PlanResult | None
) -> EngineFacts:
    """The worker's part of the comparison right before an apply: measured again, unless the plan itself is new."""
    if fresh is not None:
        return fresh.facts
    found = ports.engine.facts(execution, plan_file)
    if isinstance(found, EngineError):
        why = error_summary(found.diagnostics) or found.tail
        raise EngineFailed(
            f'stack "{execution.stack.name}": {found.command} failed before the apply: {why}',
            hint=f"driftline logs {execution.run}",
        )
    return found
