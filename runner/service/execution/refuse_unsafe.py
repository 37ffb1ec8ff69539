"""Check a tree again right before it is used: the operator's allow rules may have changed since discovery."""

import hashlib

from runner.errors import TreeRefused
from runner.model.code.scan import beyond_allowance, refusals
from runner.model.execution.job import Job
from runner.ports.worker import WorkerPorts
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.tree import read_tree


def refuse_unsafe(ports: WorkerPorts, job: Job) -> None:
    """TreeRefused with everything that is wrong; the tree is read from Git, and nothing is written.

    A sweep asks for the same revision of a stack repeatedly, and the tree is that of the whole repository.
    """
    mark = _mark(job)
    if ports.inspected.get(job.stack.name) == mark:
        return
    source = job.source.with_login(ports.sources)
    tree = read_tree(ports.git, source, job.revision)
    code = FolderFacts(ports.git, ports.modules, source, tree, {}).code(job.module_path, job.stack.engine)
    allow = job.source.allow
    problems = [*beyond_allowance(job.stack, allow), *refusals(tree, job.stack, code, allow)]
    if problems:
        problem = "; ".join(map(str, problems))
        raise TreeRefused(stack=job.stack.name, revision=job.revision[:12], problem=problem)
    ports.inspected[job.stack.name] = mark


def _mark(job: Job) -> bytes:
    """It differs whenever the answer could differ: Git's objects never change, the rest is in the job."""
    return hashlib.sha256(repr((job.source, job.revision, job.module_path, job.stack)).encode()).digest()
