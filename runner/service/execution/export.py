"""The files that a run works on: Git's at its revision, with a line in the log if they had to be repaired."""

from pathlib import Path

from runner.errors import DriftlineError
from runner.host.log import log
from runner.model.execution.inspected import Inspected
from runner.model.execution.job import Job
from runner.ports.keeping import HeldClaim
from runner.ports.worker import WorkerPorts
from runner.ports.workspace import Workspace
from runner.service.execution.refuse_unsafe import refuse_unsafe
from runner.service.execution.run_log import write_line


def checked_out(job: Job, ports: WorkerPorts, claim: HeldClaim | None) -> tuple[Path, Workspace, Inspected]:
    """The tree, if nothing forbids using it, the stack's workspace in it, and what was found in it."""
    found = refuse_unsafe(ports, job)
    tree = export_tree(job, ports, claim)
    in_a_file = job.managed_state and job.served is None
    if in_a_file and ports.states is not None:
        ports.states.lay_out(job)
    workspace = ports.workspaces.prepare(job.run, job.folder, tree, job.module_path, managed_state=in_a_file)
    return tree, workspace, found


def export_tree(job: Job, ports: WorkerPorts, claim: HeldClaim | None) -> Path:
    """The folder, which stays as long as the claim is held or any process of the run lives."""

    def report(found: str) -> None:
        log.warning(
            "tree.put_right", run=job.name, stack=job.stack.name, source=job.source.name, problem=found
        )
        write_line(ports.workspaces.log(job.run), found)

    source = job.source.with_login(ports.sources)
    return ports.git.export(source, job.revision, None if claim is None else claim.keep, report)


def settle_tree(job: Job, ports: WorkerPorts) -> None:
    """After the run; otherwise its leftovers are removed before the next one."""
    try:
        ports.git.settle(job.source.with_login(ports.sources), job.revision)
    except DriftlineError as error:
        log.warning("tree.not_settled", run=job.name, problem=error.message)
