"""Have policies and checks judge a plan: the operator's, and those of the repository, which can only add to them."""

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.host.files import private_folder, write_whole
from runner.model.execution.job import Job
from runner.model.policy.answer import Answer
from runner.model.policy.document import context
from runner.model.policy.material import PolicyMaterial
from runner.model.policy.repository import by_folder, repository_policy
from runner.model.policy.result import NOT_JUDGED, Judged, PolicyResult, result_of
from runner.model.run.life import Kind
from runner.ports.engine import Execution, Planned
from runner.ports.policy import Judge
from runner.ports.worker import WorkerPorts

NO_JUDGE = "this worker cannot evaluate policies"


def judged(job: Job, ports: WorkerPorts, planned: Planned, execution: Execution) -> Judged:
    """Nothing where nothing changes, or where nothing judges. Its messages may contain secrets of the plan."""
    judging = job.judging
    if job.kind is Kind.DRIFT or judging.nothing or (planned.document is None and planned.shown is None):
        return NOT_JUDGED
    if ports.judge is None:
        answer = Answer((NO_JUDGE,))
        policies = (result_of(one, answer) for one in judging.policies or [PolicyMaterial("policies")])
        return Judged(judging.marks, (*policies, *(result_of(one, answer) for one in judging.checks)))
    plan = execution.workspace.control / "judged.json"
    try:
        _write(planned, plan)
        return Judged(judging.marks, tuple(_results(job, ports, ports.judge, plan, execution)))
    finally:
        with suppress(FileNotFoundError):
            plan.unlink()


def _write(planned: Planned, plan: Path) -> None:
    """In a file of its own, which a scanner may be shown."""
    if planned.shown is not None:
        plan.unlink(missing_ok=True)
        plan.hardlink_to(planned.shown)
    else:
        write_whole(plan, json.dumps(planned.document, default=_number).encode(), durable=False)


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} is not JSON")


def _results(
    job: Job, ports: WorkerPorts, judge: Judge, plan: Path, execution: Execution
) -> Iterator[PolicyResult]:
    told = context(
        job.stack,
        run=job.name,
        kind=job.kind,
        trigger=job.trigger,
        requested_by=job.requested_by,
        targets=job.targets,
        source=job.source.name,
        url=job.source.url,
        branch=job.source.branch,
        revision=job.revision,
        module=job.module_path,
        report=job.report,
    )
    for material in (*job.judging.policies, *_of_repository(job, ports)):
        yield judge.policy(material, plan, told, _place(execution), execution.cancel)
    for check in job.judging.checks:
        tree = execution.workspace.tree or execution.workspace.module
        yield judge.check(check, plan, tree, _place(execution), execution.cancel)


def _place(execution: Execution) -> Path:
    return private_folder(execution.workspace.control / f"policy-{secrets.token_hex(6)}")


def _of_repository(job: Job, ports: WorkerPorts) -> Iterator[PolicyMaterial]:
    """At the planned revision and, so that no commit removes what it is judged by, at the applied one."""
    folders, former = job.judging.folders, job.judging.former
    if not folders:
        return
    source = job.source.with_login(ports.sources)
    digests = set[str]()
    for revision in dict.fromkeys((job.revision, former)):
        if not revision or not ports.git.has(source, revision):
            continue
        found = by_folder(ports.git.tree(source, revision), folders)
        blobs = ports.git.blobs(source, [entry.oid for entries in found.values() for entry in entries])
        for folder, entries in found.items():
            name = folder if revision == job.revision else f"{folder} at {revision[:12]}"
            material = repository_policy(name, folder, entries, blobs)
            if material.digest not in digests:
                yield material
            digests.add(material.digest)
