"""Look at a tree once more right before it is used: what the operator allows may have changed since it was found."""

from runner.errors import TreeRefused
from runner.model.job import Job
from runner.model.scan import beyond_allowance, refusals
from runner.ports import Git, Modules
from runner.service.module_facts import FolderFacts
from runner.service.stack_files import read_tree


def refuse_unsafe(git: Git, modules: Modules, job: Job) -> None:
    """TreeRefused with everything that is wrong; the tree is read as Git has it, and nothing is written."""
    tree = read_tree(git, job.source, job.revision)
    code = FolderFacts(git, modules, job.source, tree, {}).code(job.module_path, job.stack.engine)
    allow = job.source.allow
    told = [*beyond_allowance(job.stack, allow), *refusals(tree, job.stack, code, allow)]
    if told:
        problem = "; ".join(map(str, told))
        raise TreeRefused(stack=job.stack.name, revision=job.revision[:12], problem=problem)
