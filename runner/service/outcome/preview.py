"""Recording a preview: what its pull request would do. It is offered to nobody, and never applied."""

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.execution.job import Job, PlanFailure, PlanResult
from runner.model.run.life import Event, Run
from runner.ports.control import ControlPorts
from runner.service.approval.bind import bind
from runner.service.outcome.plan import fail_plan, found_fields, queued_for_full_plan, void_plans
from runner.service.outcome.probe import remember_how
from runner.service.outcome.recording import recording


def settle_preview(control: ControlPorts, job: Job, result: PlanResult | PlanFailure) -> Run:
    """Only the run gets anything of it: the code of a pull request says nothing about the stack as it is."""
    with recording(control, job, result) as (writer, run):
        if writer.pull_request_of(run.id) is None:
            return writer.transition(
                run, Event.SUPERSEDE, by=DAEMON, reason="the pull request moved on while it was planned"
            )
        if isinstance(result, PlanFailure):
            return fail_plan(control, writer, run, result)
        if again := queued_for_full_plan(writer, run, result.probe):
            return again
        if result.warnings:
            writer.save_diagnostics(run.id, result.warnings)
        writer.save_plan(run.id, result.changes)
        remember_how(writer, run, result.probe)
        void_plans(control, writer, result.probe, besides=run)
        binding = bind(control, writer, run, result)
        writer.save_binding(run.id, binding)
        ended = writer.transition(
            run,
            Event.FIND_NOTHING if result.changes.empty else Event.FIND_CHANGES,
            by=DAEMON,
            reason="; ".join(binding.guard_rails),
            binding_digest=binding.digest,
            waits=0,
            **found_fields(result),
        )
        failpoint.reach("preview.before_commit")
    return ended
