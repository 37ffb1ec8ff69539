"""Check a tree again right before it is used: the operator's allow rules may have changed since discovery."""

import hashlib

from runner.errors import TreeRefused
from runner.model.code.located import Located
from runner.model.code.scan import beyond_allowance, judged, refusals
from runner.model.execution.inspected import Inspected
from runner.model.execution.job import Job
from runner.ports.worker import WorkerPorts
from runner.service.discovery.module_facts import FolderFacts
from runner.service.discovery.tree import read_tree
from runner.service.discovery.version_files import VersionFiles


def refuse_unsafe(ports: WorkerPorts, job: Job) -> Inspected:
    """TreeRefused with everything that is wrong, or what was found; the tree is read from Git.

    A sweep asks for the same revision of a stack repeatedly, and the tree is that of the whole repository.
    """
    mark = _mark(job)
    known = ports.inspected.get(job.stack.name)
    if known is not None and known[0] == mark:
        return known[1]
    source = job.source.with_login(ports.sources)
    tree = read_tree(ports.git, source, job.revision)
    folders = FolderFacts(ports.git, ports.modules, source, tree, {}, surroundings=ports.engine.surroundings)
    code = folders.code(Located(job.file, job.stack), job.module_path)
    allow = job.source.allow
    wants = VersionFiles(ports.git, source, tree).wants(job.stack, job.module_path, code)
    flaws = [wants.flaw] if wants.flaw else []
    problems = [*beyond_allowance(job.stack, allow), *refusals(tree, job.stack, code, allow), *flaws]
    if problems:
        problem = "; ".join(map(str, problems))
        raise TreeRefused(stack=job.stack.name, revision=job.revision[:12], problem=problem)
    found = Inspected(wants, judged(code, allow.modules))
    ports.inspected[job.stack.name] = mark, found
    return found


def _mark(job: Job) -> bytes:
    """It differs whenever the answer could differ: Git's objects never change, the rest is in the job."""
    return hashlib.sha256(repr((job.source, job.revision, job.module_path, job.stack)).encode()).digest()
