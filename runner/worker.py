"""Execute jobs: in a pool of threads under the daemon, or one in the foreground of a command."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from runner.model.job import ApplyOutcome, ApplyResult, Job, Phase, PlanFailure, PlanResult
from runner.model.plan import Diagnostic
from runner.model.run import Run
from runner.ports import ApplyGate, Cancel, ControlPorts, WorkerPorts
from runner.service.apply import execute_apply
from runner.service.dispatch import Assignment, next_assignment, settle
from runner.service.gate import StoreGate
from runner.service.plan import execute_plan

log = structlog.get_logger()

MOST_SLOTS = 1024  # as the configuration allows


def execute(
    job: Job, ports: WorkerPorts, cancel: Cancel, gate: ApplyGate, claim_fd: int | None = None
) -> PlanResult | PlanFailure | ApplyResult:
    """Plain data in, plain data out; a bug becomes a failed run with its reason, never a lost one."""
    try:
        if job.phase is Phase.PLAN:
            return execute_plan(job, ports, cancel, claim_fd)
        return execute_apply(job, ports, cancel, gate, claim_fd)
    except Exception as bug:
        log.exception("job.bug", run=job.name, stack=job.stack.name)
        reason = f"internal error: {type(bug).__name__}: {bug}"
        if job.phase is Phase.PLAN:
            return PlanFailure((Diagnostic("error", reason),), reason)
        return ApplyResult(ApplyOutcome.INTERRUPTED, reason)


@dataclass
class Worker:
    """Claims, executes and settles. One per process, however many threads."""

    control: ControlPorts
    ports: WorkerPorts
    settled: Callable[[Run], None] = lambda _: None
    _executing: dict[int, threading.Event] = field(default_factory=dict)

    def perform(self, assignment: Assignment) -> Run:
        job = assignment.job
        cancel = self._executing.setdefault(job.run, threading.Event())
        log.info("job.start", run=job.name, stack=job.stack.name, phase=job.phase.value, kind=job.kind.value)
        try:
            result = execute(job, self.ports, cancel, StoreGate(self.control), assignment.held.fd)
            run = settle(self.control, assignment, result)
        finally:
            self._executing.pop(job.run, None)
        self.ports.workspaces.discard(job.run)
        log.info("job.end", run=run.name, stack=run.stack, state=run.state.value, reason=run.reason)
        self.settled(run)
        return run

    def perform_one(self, run_id: int) -> Run | None:
        """Execute this run here and now; None where it can not be claimed."""
        assignment = next_assignment(self.control, only=run_id)
        return self.perform(assignment) if assignment else None

    def pass_on_cancels(self) -> None:
        """Tell executing jobs that a person asked them to stop."""
        if not self._executing:
            return
        with self.control.store.reading() as reader:
            asked = [run.id for run in reader.open_runs() if run.cancel_requested_by is not None]
        for run_id in asked:
            if run_id in self._executing:
                self._executing[run_id].set()

    @property
    def executing(self) -> tuple[int, ...]:
        return tuple(self._executing)

    def cancel(self, run_id: int) -> None:
        """Also where its thread has not begun yet."""
        self._executing.setdefault(run_id, threading.Event()).set()

    def take_over(self, old: "Worker") -> None:
        """Go on with what another worker executes, so that a request to stop it still reaches it."""
        self._executing = old._executing  # noqa: SLF001 - of the same class


class Pool:
    """As many threads as there are slots; each takes the most urgent run whenever it is free."""

    def __init__(self, worker: Worker, slots: int) -> None:
        self.worker = worker
        self.slots = slots
        # A reload may raise `slots`, by which `fill` keeps; a thread is made only when it is needed.
        self._threads = ThreadPoolExecutor(MOST_SLOTS, thread_name_prefix="slot")
        self._busy: dict[Future[None], Assignment] = {}
        self._guard = threading.Lock()
        self.freed = threading.Event()

    def fill(self) -> int:
        """Start runs until no slot or no run is left; how many were started."""
        started = 0
        while len(self._busy) < self.slots:
            assignment = next_assignment(self.worker.control)
            if assignment is None:
                break
            with self._guard:
                future = self._threads.submit(self._perform, assignment)
                self._busy[future] = assignment
            future.add_done_callback(self._free)
            started += 1
        return started

    def _perform(self, assignment: Assignment) -> None:
        try:
            self.worker.perform(assignment)
        except Exception:
            # The claim is free again, so recovery will say what became of the run.
            log.exception("job.unsettled", run=assignment.job.name, stack=assignment.job.stack.name)

    def _free(self, future: Future[None]) -> None:
        with self._guard:
            self._busy.pop(future, None)
        self.freed.set()

    @property
    def busy(self) -> tuple[Job, ...]:
        with self._guard:
            return tuple(assignment.job for assignment in self._busy.values())

    def stop_plans(self) -> None:
        """Plans change nothing, so they are stopped and queued again; applies are left alone."""
        for job in self.busy:
            if job.phase is Phase.PLAN:
                self.worker.cancel(job.run)

    def close(self) -> None:
        """Wait for everything that still runs."""
        self._threads.shutdown(wait=True)
